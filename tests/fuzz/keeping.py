"""Keeps of a long search what it found, so that every later one begins there.

`python -m tests.fuzz.keeping [SECONDS] [NAME…]` searches each unpacker for so long, and writes to
`corpus/` the few inputs that reach what the examples of the spec don't.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.unpackers import CORPUS, examples, seeds, unpackers

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300
BYTES_MAX = 1 << 11  # of an input that is kept
KEPT_MAX = 60


def keep(name: str, seconds: int) -> int:
    """How many inputs are kept beside the examples."""
    with tempfile.TemporaryDirectory() as folder:
        given, found, merged = (Path(folder) / each for each in ("given", "found", "merged"))
        for place, contents in ((given, seeds(name)), (merged, examples()), (found, ())):
            place.mkdir()
            for number, content in enumerate(contents):
                (place / f"example-{number}").write_bytes(content)
        _search(name, found, given, f"-max_total_time={seconds}")
        _search(name, merged, given, found, "-merge=1")
        new = [file.read_bytes() for file in merged.iterdir() if "example" not in file.name]
    kept = sorted(sorted(new, key=len)[:KEPT_MAX])
    (CORPUS / f"{name}.json").write_text(json.dumps([each.hex() for each in kept], indent=0) + "\n")
    return len(kept)


def _search(name: str, *how: object) -> None:
    command = [sys.executable, "-m", "tests.fuzz.unpackers", name, *how, f"-max_len={BYTES_MAX}"]
    subprocess.run([str(each) for each in command], cwd=ROOT, check=True, capture_output=True)


def main(arguments: Sequence[str]) -> None:
    seconds = int(arguments[0]) if arguments else SECONDS
    for name in arguments[1:] or unpackers():
        print(f"{name}: {keep(name, seconds)} kept", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
