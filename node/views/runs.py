"""Records of one lane that follow each other: so the tables are asked once for many."""

from collections.abc import Iterable, Iterator

from sync.entry import RecordId

RUN_RECORDS_MAX = 250  # what is held of them is in memory meanwhile


def runs(records: Iterable[RecordId]) -> Iterator[list[RecordId]]:
    """All of them in their order, those together of which each is the one after the other."""
    run: list[RecordId] = []
    for record in records:
        follows = run and record == (run[-1].lane, run[-1].number + 1)
        if run and (not follows or len(run) == RUN_RECORDS_MAX):
            yield run
            run = []
        run.append(record)
    if run:
        yield run
