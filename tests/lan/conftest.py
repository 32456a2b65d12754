"""What every test here needs: root, and the right to make network namespaces."""

import pytest

from tests.lan.network import why_not


@pytest.fixture(autouse=True, scope="session")
def _namespaces() -> None:
    if reason := why_not():
        pytest.skip(reason)
