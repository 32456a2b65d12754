"""What waits for a certificate or an earlier run: bounded, and let go of in order."""

from dataclasses import replace

import pytest

from sync.bundle import Bundle, Entry
from sync.cose import public
from sync.ingest import Refused, Waiting, ingest
from sync.ledger import Ledger
from sync.limits import (
    WAITING_BYTES_MAX,
    WAITING_BYTES_PER_SOURCE_MAX,
    WAITING_MAX,
    WAITING_PER_SOURCE_MAX,
)
from sync.trust import Refusal
from tests.sync.builders import key, posts, run

FULL = Refused(Refusal.TOO_MANY_WAITING)


def strangers(count: int, *, first: int = 1) -> list[Bundle]:
    """Different bundles of somebody whose certificate isn't held."""
    one = run("知らない人", posts(1))
    return [replace(one, first=number) for number in range(first, first + count)]


def heavy(number: int) -> Bundle:
    """One of half a MiB."""
    one = run("知らない人", posts(1))
    entry = Entry(one.entries[0].header, bytes(1 << 16))
    return replace(one, first=number, entries=(entry,) * 8)


def test_what_waits_comes_back_first_numbers_first(ledger: Ledger) -> None:
    bundles = strangers(3)
    with ledger.transaction():
        for bundle in (bundles[2], bundles[0], bundles[1]):
            assert ledger.set_aside("stick", bundle)
    author = bundles[0].lane.author
    assert [waiting.bundle for waiting in ledger.waiting(author)] == bundles
    assert ledger.waiting(public(key("上郷"))) == []
    with ledger.transaction():
        ledger.let_go(ledger.waiting(author)[1])
    assert [waiting.bundle for waiting in ledger.waiting(author)] == [bundles[0], bundles[2]]
    assert ledger.waiting_count() == 2


def test_the_same_bundle_waits_once(ledger: Ledger) -> None:
    (bundle,) = strangers(1)
    for source in ("stick", "stick", "phone"):
        assert ingest(ledger, bundle, source=source) == Waiting()
    assert ledger.waiting_count() == 1


def test_one_source_fills_only_its_own_room(ledger: Ledger) -> None:
    with ledger.transaction():
        for bundle in strangers(WAITING_PER_SOURCE_MAX):
            assert ingest(ledger, bundle, source="stick") == Waiting()
        (more,) = strangers(1, first=1_000)
        assert ingest(ledger, more, source="stick") == FULL
        assert ingest(ledger, strangers(1)[0], source="stick") == Waiting(), "it waits already"
        assert ingest(ledger, more, source="phone") == Waiting()
    assert ledger.waiting_count() == WAITING_PER_SOURCE_MAX + 1


def test_one_source_fills_only_so_many_bytes(ledger: Ledger) -> None:
    fitting = WAITING_BYTES_PER_SOURCE_MAX // (8 << 16)
    with ledger.transaction():
        outcomes = [ingest(ledger, heavy(n), source="stick") for n in range(1, fitting + 2)]
        assert outcomes.count(FULL) in (1, 2), "what is around them counts too"
        assert outcomes[0] == Waiting()
        assert outcomes[-1] == FULL
        assert ingest(ledger, heavy(99), source="phone") == Waiting()


@pytest.mark.parametrize("size", ["many", "large"])
def test_all_sources_together_are_bounded(ledger: Ledger, size: str) -> None:
    waiting = 0
    with ledger.transaction():
        for source in range(20):
            if size == "many":
                bundles = strangers(WAITING_PER_SOURCE_MAX, first=1 + source * 1_000)
            else:
                bundles = [heavy(1 + source * 100 + n) for n in range(8)]
            waiting += [
                ingest(ledger, bundle, source=f"road {source}") for bundle in bundles
            ].count(Waiting())
    assert waiting == ledger.waiting_count()
    if size == "many":
        assert waiting == WAITING_MAX
    else:
        assert waiting <= WAITING_BYTES_MAX // (8 << 16)
        assert waiting >= WAITING_BYTES_MAX // (8 << 16) - 10
