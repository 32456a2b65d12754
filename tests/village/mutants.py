"""Does the village find faults? Each of `tests.village.faults` must be caught.

`python -m tests.village.mutants` puts each into a copy of the tree in a temporary folder, lets
villages live there, and says which law found it, and at what seed; with `--count`, how many of the
villages find it. A patch that no longer applies is an error: then write it anew.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.village.faults import FAULTS, Patch

ROOT = Path(__file__).resolve().parents[2]
SEEDS = "0:100"
AT_ONCE = 2
_COPIED = ("sync", "node", "tests", "pyproject.toml")


def main(arguments: Sequence[str]) -> int:
    """Exit 1 if one is not caught."""
    parser = argparse.ArgumentParser(description="Each fault put into sync/ must be caught.")
    parser.add_argument("--seeds", default=SEEDS, metavar="FROM:TO")
    parser.add_argument("--only", default="", help="faults whose name contains this")
    parser.add_argument("--count", action="store_true", help="let all villages live, and count")
    chosen = parser.parse_args(arguments)
    faults = {name: patches for name, patches in FAULTS.items() if chosen.only in name}

    def broken_by(patches: Sequence[Patch]) -> list[str]:
        return broken_with(patches, chosen.seeds, go_on=chosen.count)

    missed = 0
    with ThreadPoolExecutor(AT_ONCE) as at_once:
        sound = at_once.submit(broken_by, ())
        for name, broken in zip(faults, at_once.map(broken_by, faults.values()), strict=True):
            missed += not broken
            by = f" by {len(broken)}" if chosen.count else ""
            print(
                f"caught{by}: {name} ({broken[0]})" if broken else f"NOT CAUGHT: {name}", flush=True
            )
        # Villages live well without a fault, or catching one means nothing.
        if sound.result():
            raise SystemExit(f"villages break a law without any fault: {sound.result()[0]}")
    return 1 if missed else 0


def put_in(patch: Patch, tree: Path) -> None:
    """Raises ValueError where it no longer applies."""
    patched = tree / patch.file
    text = patched.read_text()
    if text.count(patch.old) != 1:
        raise ValueError(f"{patch} no longer applies")
    patched.write_text(text.replace(patch.old, patch.new))


def broken_with(patches: Sequence[Patch], seeds: str, *, go_on: bool = False) -> list[str]:
    """The villages that break a law, and which: the first one, or with `go_on` all of them.

    Raises ValueError if a patch doesn't apply, or what came of it doesn't run.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for name in _COPIED:
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
                shutil.copytree(ROOT / name, tree / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, tree / name)
        for patch in patches:
            put_in(patch, tree)
        lived = subprocess.run(
            [
                *(sys.executable, "-m", "tests.village.living"),
                *(("--go-on",) if go_on else ()),
                seeds,
            ],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )
    broken = [line for line in lived.stdout.splitlines() if ": AssertionError " in line]
    if lived.returncode and not broken:
        raise ValueError(f"with {patches} villages don't live: {lived.stderr[-500:]}")
    return [line.replace("AssertionError ", "") for line in broken]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
