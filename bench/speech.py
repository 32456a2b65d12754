"""What reading aloud costs: how soon it begins, how long it takes, and the memory it takes apart.

    python bench/speech.py

The limit for the beginning is the program that loads its dictionary and its voice and says one
sound. The more of a post is said, the longer it takes; who listens hears its first sentence then.
"""

import argparse
import resource
import time
from dataclasses import dataclass
from itertools import islice

from bench import table
from bench.usage import machine_in_words
from bench.village_text import posts
from node.speech.aloud import sentences
from node.speech.voice import LETTERS_MAX, Voice

_BITS_A_SECOND = 32_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One text, measured."""

    began: float  # seconds until the first of it
    took: float  # until all of it
    size: int  # bytes
    spent: float  # seconds of CPU

    @property
    def lasts(self) -> float:
        """Seconds that one listens."""
        return 8 * self.size / _BITS_A_SECOND


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--letters", type=int, nargs="+", default=[100, 300, LETTERS_MAX])
    told = parser.parse_args(arguments)
    print(machine_in_words())
    text = "。".join(f"{each['title']}。{each['description']}" for each in islice(posts(1), 100))
    rows = [_row("one sound (limit)", _say("あ。"))]
    rows += [_row(f"{letters:,} letters", _say(text[:letters])) for letters in told.letters]
    table.show("Read aloud", ("", "begins after", "all of it", "CPU", "one listens", "bytes"), rows)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
    print(
        f"The program held {table.megabytes(most)} at most, its files among them; now it is gone."
    )


def _say(text: str) -> Said:
    before = _spent()
    began = time.perf_counter()
    recording = Voice().say(list(sentences(text, ())), slow=False)
    if not recording.begins():
        raise SystemExit("No voice is installed: ./test --setup")
    first = time.perf_counter() - began
    content = recording.whole() or b""
    took = time.perf_counter() - began
    return Said(began=first, took=took, size=len(content), spent=_spent() - before)


def _spent() -> float:
    """CPU of all programs that were started and are gone."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _row(name: str, said: Said) -> tuple[str, ...]:
    times = map(table.milliseconds, (said.began, said.took, said.spent))
    return (name, *times, f"{said.lasts:.0f} s", table.number_of_bytes(said.size))


if __name__ == "__main__":
    main()
