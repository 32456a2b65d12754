"""Of many that are alike one is tried every day, and all in the slow suite."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pytest
from _pytest.mark import ParameterSet


def one_a_day(alike: Mapping[str, Any] | Iterable[Any]) -> list[ParameterSet]:
    """For `parametrize`: by their names where they have some; the first one isn't marked slow."""
    named: Collection[tuple[str | None, Any]] = (
        list(alike.items()) if isinstance(alike, Mapping) else [(None, each) for each in alike]
    )
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            id=name,
            marks=[pytest.mark.slow] if at else [],
        )
        for at, (name, value) in enumerate(named)
    ]
