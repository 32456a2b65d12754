"""Figures as a Markdown table, fit to be pasted into docs/BENCHMARKS.md."""

from collections.abc import Sequence


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print it; the first column is words, the others are figures."""
    print(f"\n{title}\n")
    for row in (head, ["---", *("--:" for _ in head[1:])], *rows):
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def number_of_bytes(count: float) -> str:
    """In B below 10 kB, so that small things keep their figures."""
    if count < 10_000:
        return f"{count:,.0f} B"
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:.3f} MB"


def milliseconds(seconds: float) -> str:
    """With about three figures."""
    spent = seconds * 1e3
    return (
        f"{spent:,.0f} ms"
        if spent >= 100
        else f"{spent:.1f} ms"
        if spent >= 10
        else f"{spent:.2f} ms"
    )


def megabytes(count: int) -> str:
    """Of memory."""
    return f"{count / 1e6:.0f} MB"
