"""Does the village find faults? Mutants of `sync/`, one after another: each must be caught.

`python -m tests.village.mutants` patches a copy of the tree in a temporary folder, lets villages
live there, and says of each mutant which law found it, and at what seed. A patch that no longer
applies is an error: then write it anew.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEEDS = "0:400"
_COPIED = ("sync", "node", "tests", "pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault, as a piece of text in the place of another."""

    name: str
    file: str
    old: str
    new: str


UNCHANGED = Mutant(name="nothing", file="sync/chain.py", old='"""Heads', new='"""Heads')
"""Villages live well without a mutant, or catching one means nothing."""

MUTANTS = (
    Mutant(
        name="chain check skipped",
        file="sync/ingest.py",
        old="        verify_head(lane, bundle.last, links[-1].head, bundle.signature)\n",
        new="",
    ),
    Mutant(
        name="merge order turned",
        file="sync/record.py",
        old="        winner = max(\n",
        new="        winner = min(\n",
    ),
    Mutant(
        name="held entries dropped",
        file="sync/ingest.py",
        old="            ledger.let_go(waiting)\n",
        new="            pass\n        ledger.let_go(waiting)\n",
    ),
    Mutant(
        name="parents ignored",
        file="sync/record.py",
        old="                or len(parents) != len(named)\n",
        new="",
    ),
    Mutant(
        name="ancestors ignored",
        file="sync/record.py",
        old="        below |= versions[bit].ancestors\n",
        new="        pass\n",
    ),
    Mutant(
        name="hole counted as erased",
        file="sync/record.py",
        old="if any(v.stored.payload is None and not v.stored.ordered_away for v in versions):",
        new="if False:",
    ),
    Mutant(
        name="what was erased stands as it was before",
        file="sync/record.py",
        old="    return any(not below >> bit & 1 for below in replaced for bit in gone)\n",
        new="    return False\n",
    ),
    Mutant(
        name="an alert without its payload has no name",
        file="sync/record.py",
        old="return said if self.header.outside is None else",
        new="return said if self.header.outside is None or not self.payload else",
    ),
    Mutant(
        name="revocation cut off by one",
        file="sync/histories.py",
        old="return entry.number <= cut.number and",
        new="return entry.number < cut.number and",
    ),
    Mutant(
        name="fork overwritten",
        file="sync/ingest.py",
        old="            at, forked = ledger.branch(bundle.lane, at, rest), True\n",
        new="            return Kept(payloads=filled)\n",
    ),
    Mutant(
        name="frontier without holes",
        file="sync/histories.py",
        old="Held(leaf.number, leaf.head, missing)",
        new="Held(leaf.number, leaf.head, ())",
    ),
    Mutant(
        name="register replay accepted",
        file="sync/machine/memory.py",
        old="        if held is not None and held.order >= register.order:\n",
        new="        if False:\n",
    ),
    Mutant(
        name="audience ignored",
        file="sync/trust.py",
        old="        held = tuple(c for c in held if lane.audience in c.audiences)\n",
        new="",
    ),
    Mutant(
        name="an entry on a branch named by the branch",
        file="sync/writing.py",
        old="Reference(EntryId(stretch.lane.id, entry.number), head[:CHECK_BYTES])",
        new="Reference(entry, head[:CHECK_BYTES])",
    ),
    Mutant(
        name="offer replay accepted",
        file="sync/machine/responding.py",
        old="if opened.counter <= seen:",
        new="if opened.counter < 0:",
    ),
    Mutant(
        name="anybody may order payloads away",
        file="sync/order.py",
        old=" or not ledger.trust().is_office(lane.author, lane.town):",
        new=":",
    ),
    Mutant(
        name="another's record may be changed",
        file="sync/record.py",
        old="            author == origin.author\n",
        new="            True\n            or author == origin.author\n",
    ),
    Mutant(
        name="only the first part is told",
        file="sync/machine/exchanging.py",
        old="        if not offered.here.span.after < upto < EVERYWHERE.upto:\n",
        new="        if True:\n",
    ),
    Mutant(
        name="the hub tells every town",
        file="sync/machine/responding.py",
        old="        scope = scope_of(trust, asked) & own_scope(trust, me.public)\n",
        new="        scope = own_scope(trust, me.public)\n",
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Exit 1 if one is not caught."""
    parser = argparse.ArgumentParser(description="Each mutant of sync/ must be caught.")
    parser.add_argument("--seeds", default=SEEDS, metavar="FROM:TO")
    parser.add_argument("--only", default="", help="mutants whose name contains this")
    chosen = parser.parse_args(arguments)
    if broken := caught(UNCHANGED, chosen.seeds):
        raise SystemExit(f"villages break a law without any mutant: {broken}")
    missed = 0
    for mutant in MUTANTS:
        if chosen.only not in mutant.name:
            continue
        why = caught(mutant, chosen.seeds)
        missed += not why
        print(
            f"{'caught' if why else 'NOT CAUGHT'}: {mutant.name}{why and f' ({why})'}", flush=True
        )
    return 1 if missed else 0


def caught(mutant: Mutant, seeds: str = SEEDS) -> str:
    """What caught it; empty if nothing did. Raises ValueError if the patch doesn't apply."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for name in _COPIED:
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
                shutil.copytree(ROOT / name, tree / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, tree / name)
        patched = tree / mutant.file
        text = patched.read_text()
        if text.count(mutant.old) != 1:
            raise ValueError(f"the patch of “{mutant.name}” no longer applies to {mutant.file}")
        patched.write_text(text.replace(mutant.old, mutant.new))
        lived = subprocess.run(
            [sys.executable, "-m", "tests.village.living", seeds],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )
    if not lived.returncode:
        return ""
    said = lived.stderr.splitlines()
    broken = [line for line in said if line.startswith("AssertionError: ")]
    if not broken:
        raise ValueError(f"“{mutant.name}” doesn't run: {lived.stderr[-500:]}")
    seed = next(line.partition(";")[0] for line in said if line.startswith("seed "))
    return f"{broken[0].partition(': ')[2]}, {seed}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
