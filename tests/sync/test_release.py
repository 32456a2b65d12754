"""Which software a machine should run follows from words alone, in whatever order they come."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.authority import replace_authority
from sync.errors import Malformed, Unverified
from sync.machine.keys import make_identity
from sync.release import Release, read_release, sign_release
from sync.statement import read_statement
from sync.trust import Trust

TOWN, OTHER_TOWN = "131016", "131024"
DAILY, RESERVE, STRANGER, HERE, THERE = (make_identity() for _ in range(5))
PAIR = (HERE.public, THERE.public)
FILE = Release(
    counter=1,
    number=1,
    version="0.2.0",
    digest=bytes(32),
    size=10,
    base="debian12-amd64-python3.11",
)


def known(*statements: bytes, town: str = TOWN) -> Trust:
    """What a machine of that town knows that was told both keys."""
    trust = Trust({town: (DAILY.public, RESERVE.public)})
    return trust.with_statements(map(read_statement, statements))


def test_the_word_with_the_largest_counter_counts_in_whatever_order_they_come() -> None:
    words = [sign_release(replace(FILE, counter=n, number=9 - n), DAILY.private) for n in (1, 2, 3)]
    for order in permutations(words):
        found = known(*order).release_for(HERE.public, TOWN)
        assert found == replace(FILE, counter=3, number=6)


def test_a_few_machines_go_first_and_the_others_when_a_word_names_nobody() -> None:
    before = sign_release(FILE, DAILY.private)
    newer = replace(FILE, counter=2, number=2, machines=(HERE.public,))
    first = sign_release(newer, DAILY.private)
    assert known(before, first).release_for(HERE.public, TOWN) == newer
    assert known(before, first).release_for(THERE.public, TOWN) == FILE
    everybody = replace(newer, counter=3, machines=())
    later = known(before, first, sign_release(everybody, DAILY.private))
    assert later.release_for(THERE.public, TOWN) == everybody


def test_current_is_what_some_machine_should_run_by_its_newest_word() -> None:
    everybody = replace(FILE, digest=b"1" * 32)
    here = replace(FILE, counter=2, digest=b"2" * 32, machines=(HERE.public,))
    both = replace(FILE, counter=3, digest=b"3" * 32, machines=tuple(sorted(PAIR)))
    here_again = replace(here, counter=4, digest=b"4" * 32)

    def current(*words: Release) -> set[bytes]:
        trust = known(*(sign_release(word, DAILY.private) for word in words))
        return {each.digest[:1] for each in trust.current_releases(TOWN)}

    assert current(everybody, here) == {b"1", b"2"}
    assert current(everybody, here, both) == {b"1", b"3"}, "nobody's newest word any more"
    assert current(everybody, here, both, here_again) == {b"1", b"3", b"4"}
    assert current(here, both, replace(everybody, counter=5)) == {b"1"}


def test_only_the_towns_own_authority_has_a_say() -> None:
    assert known(sign_release(FILE, STRANGER.private)).release_for(HERE.public, TOWN) is None
    trust = Trust({TOWN: (DAILY.public,), OTHER_TOWN: (STRANGER.public,)})
    trust = trust.with_statements([read_statement(sign_release(FILE, STRANGER.private))])
    assert trust.release_for(HERE.public, TOWN) is None
    assert trust.release_for(HERE.public, OTHER_TOWN) == FILE


def test_nothing_stands_of_what_a_key_said_that_another_took_the_place_of() -> None:
    said = sign_release(FILE, DAILY.private)
    step = replace_authority(DAILY.public, STRANGER.public, 2, RESERVE.private)
    assert known(said, step).release_for(HERE.public, TOWN) is None


def test_a_word_that_was_changed_on_its_way_is_none() -> None:
    said = bytearray(sign_release(FILE, DAILY.private))
    at = said.index(b"0.2.0")
    said[at] ^= 1
    with pytest.raises(Unverified):
        read_statement(bytes(said))


@given(st.dictionaries(st.integers(0, 10), st.integers() | st.binary() | st.text() | st.none()))
def test_what_is_no_word_is_refused(body: dict[int, object]) -> None:
    with pytest.raises(Malformed):
        read_release(body)
