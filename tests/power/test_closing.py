"""Wherever the power goes while keys are closed to a TPM, the machine starts and has them.

And a key that is made where there is a TPM is never told to the disk (see closing.py).
"""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.power.test_power import ROOT, SECONDS_MAX, needs_root
from tests.tpm import needs_a_tpm

__all__ = ["needs_root"]

EVERYWHERE = 1_000
EVERYDAY_CUTS = 8

pytestmark = [pytest.mark.timeout(SECONDS_MAX + 10), pytest.mark.usefixtures("needs_root")]

each_day = pytest.mark.parametrize("how", [(), ("--first-day",)], ids=["lay open", "first day"])


def cut(folder: Path, *how: str, cuts: int) -> Any:
    """The figures that closing.py prints; what it mounts is in a namespace that ends with it."""
    needs_a_tpm()
    command = ["unshare", "--mount", "--propagation=private"]
    command += [sys.executable, "-m", "tests.power.closing", str(folder), *how]
    command += [f"--cuts={cuts}", f"--seed={random.randrange(1 << 32)}"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS_MAX)
    print(" ".join(command), said.stdout, said.stderr, sep="\n")
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def assert_it_has_its_keys(figures: Any, *how: str) -> None:
    assert figures["wrong"] == {}
    assert figures["secrets_told"] == 0, "what it closed, it never wrote openly"
    assert figures["closed_after_the_cut"] > 0
    assert (figures["open_after_the_cut"] == 0) is bool(how)


@each_day
def test_in_a_few_power_cuts_a_machine_keeps_its_keys(tmp_path: Path, how: tuple[str, ...]) -> None:
    figures = cut(tmp_path, *how, cuts=EVERYDAY_CUTS)
    assert figures["wrong"] == {}
    assert figures["secrets_told"] == 0
    assert figures["cuts"] == EVERYDAY_CUTS


@pytest.mark.slow
@each_day
def test_wherever_the_power_goes_a_machine_keeps_its_keys(
    tmp_path: Path, how: tuple[str, ...]
) -> None:
    figures = cut(tmp_path, *how, cuts=EVERYWHERE)
    assert_it_has_its_keys(figures, *how)
    assert figures["cuts"] == figures["told"]
