"""Offers that are not answered, each by its name."""

from dataclasses import replace

import pytest

from sync import cose
from sync.bundle import Parcel
from sync.errors import Malformed, Unverified
from sync.exchange import Answer, Declined, No, decline, offer, open_answer, open_offer
from sync.limits import COUNTER_MAX
from sync.machine.responding import INTRODUCTION_BYTES_MAX
from sync.revocation import revoke
from sync.telling import NOTHING_TOLD, Told
from sync.wrapping import unwrap, wrap
from tests.sync.builders import OTHER_TOWN, TOWN, Machine, hub, keep, key, node, run, to


@pytest.fixture
def here() -> Machine:
    return node("上郷")


@pytest.fixture
def middle(here: Machine) -> Machine:
    """A hub that has agreed with 上郷 once, and holds what 下郷 wrote."""
    middle, other = hub(), node("下郷")
    other.post(title="合唱の練習")
    assert other.exchange(middle).synced
    assert here.exchange(middle).synced
    return middle


def offered(
    machine: Machine,
    recipient: Machine,
    *,
    counter: int = 99,
    towns: frozenset[str] | None = None,
    parcel: bytes = b"",
    signer: str = "",
) -> bytes:
    """An offer of one that holds nothing, and so lacks everything."""
    return offer(
        key=key(signer or machine.name),
        to=recipient.identity.public,
        counter=counter,
        digest=bytes(32),
        software="test",
        towns=towns,
        told=Told(summary=replace(machine.summary(), statements=frozenset(), lanes={})),
        parcel=parcel,
    )


def asked(machine: Machine, recipient: Machine, message: bytes) -> Answer:
    """What the recipient answers."""
    return open_answer(
        to(recipient)(message),
        offered=message,
        sender=recipient.identity.public,
    )


def declined(machine: Machine, recipient: Machine, message: bytes) -> Declined:
    with pytest.raises(Declined) as no:
        asked(machine, recipient, message)
    return no.value


def test_an_offer_is_answered_once(here: Machine, middle: Machine) -> None:
    message = offered(here, middle)
    assert unwrap(asked(here, middle, message).parcel).bundles
    before = middle.ledger.known(here.identity.public)
    again = declined(here, middle, message)
    assert (again.why, again.counter) == (No.COUNTER, 99)
    assert declined(here, middle, offered(here, middle, counter=98)).why is No.COUNTER
    assert middle.ledger.known(here.identity.public) == before


def test_a_lost_count_is_found_again(here: Machine, middle: Machine) -> None:
    asked(here, middle, offered(here, middle, counter=5_000))
    done = here.exchange(middle)
    assert done.synced
    assert done.rounds == 2
    assert here.ledger.known(middle.identity.public).offers_sent == 5_001
    assert here.exchange(middle).rounds == 1


def test_a_count_cannot_be_driven_past_its_end(here: Machine, middle: Machine) -> None:
    asked(here, middle, offered(here, middle, counter=COUNTER_MAX))
    with pytest.raises((Declined, Malformed)):
        here.exchange(middle)
    with pytest.raises((Declined, Malformed)):
        here.exchange(middle)
    assert here.exchange(node("下郷")).synced, "with others nothing is wrong"


def test_an_offer_for_another_is_refused(here: Machine, middle: Machine) -> None:
    with pytest.raises(Unverified):
        to(middle)(offered(here, node("下郷")))
    assert middle.ledger.known(here.identity.public).offers_seen < 99


def test_a_stranger_gets_nothing(middle: Machine) -> None:
    stranger = node("知らない人")
    message = offered(stranger, middle)
    answered = to(middle)(message)
    assert declined(stranger, middle, message).why is No.UNKNOWN
    for item in middle.ledger.lanes():
        assert item.lane.id not in answered
        assert item.held.head not in answered


def test_one_certified_by_nobody_known_gets_nothing(middle: Machine) -> None:
    stranger = node("遠い里", OTHER_TOWN)
    introduction = wrap(Parcel(statements=tuple(stranger.certificates)))
    message = offered(stranger, middle, parcel=introduction)
    assert declined(stranger, middle, message).why is No.UNKNOWN
    with pytest.raises(Declined):
        stranger.exchange(middle)


def test_one_that_brings_its_certificate_is_known(middle: Machine) -> None:
    newcomer = node("新しい里")
    introduction = wrap(Parcel(statements=tuple(newcomer.certificates)))
    answered = asked(newcomer, middle, offered(newcomer, middle, parcel=introduction))
    assert len(unwrap(answered.parcel).bundles) == 1


def test_an_introduction_is_short(middle: Machine) -> None:
    newcomer = node("新しい里")
    padded = wrap(Parcel(statements=(*newcomer.certificates, *[bytes(4_000)] * 17)))
    assert len(padded) < 1_000 < INTRODUCTION_BYTES_MAX < 17 * 4_000
    with pytest.raises(Malformed):
        to(middle)(offered(newcomer, middle, parcel=padded))


def test_what_a_stranger_sends_is_not_kept(middle: Machine) -> None:
    stranger = node("知らない人")
    before = middle.ledger.version(), middle.ledger.waiting_count()
    sent = wrap(Parcel(bundles=(run("知らない人"), run("上郷"))))
    declined(stranger, middle, offered(stranger, middle, parcel=sent))
    assert (middle.ledger.version(), middle.ledger.waiting_count()) == before


def test_a_forged_offer_is_not_answered(here: Machine, middle: Machine) -> None:
    message = offered(here, middle, signer="知らない人")
    forged = message.replace(
        cose.short(cose.public(key("知らない人"))), cose.short(here.identity.public)
    )
    with pytest.raises(Unverified):
        to(middle)(forged)
    assert middle.ledger.known(here.identity.public).offers_seen < 99


def test_a_town_that_is_not_certified_is_refused(here: Machine, middle: Machine) -> None:
    for towns in ({OTHER_TOWN.code}, {TOWN.code, OTHER_TOWN.code}):
        message = offered(here, middle, towns=frozenset(towns))
        assert declined(here, middle, message).why is No.TOWN


def test_who_asks_for_its_town_gets_it_and_who_asks_for_none_gets_none(
    here: Machine, middle: Machine
) -> None:
    some = asked(here, middle, offered(here, middle, towns=frozenset({TOWN.code})))
    assert unwrap(some.parcel).bundles
    none = asked(here, middle, offered(here, middle, towns=frozenset(), counter=100))
    assert not none.parcel
    assert none.told == NOTHING_TOLD


def test_a_parcel_that_cannot_be_opened_fails_the_offer(here: Machine, middle: Machine) -> None:
    with pytest.raises(Malformed):
        to(middle)(offered(here, middle, parcel=b"\x83\x02\x00\x40"))
    assert here.exchange(middle).synced


def test_the_answer_counts_what_became_of_each_bundle(here: Machine, middle: Machine) -> None:
    bundles = (run("上郷"), run("知らない人"), run("上郷", signer="下郷"), run("上郷", first=3))
    answered = asked(here, middle, offered(here, middle, parcel=wrap(Parcel(bundles=bundles))))
    assert (answered.kept, answered.waiting, answered.refused) == (2, 1, 1)


def test_who_is_revoked_in_the_middle_of_a_conversation_gets_no_more(
    here: Machine, middle: Machine
) -> None:
    for number in range(9):
        here.post(title=f"回覧{number}")
    offers: list[int] = []

    def road(message: bytes) -> bytes:
        answered = to(middle)(message)
        offers.append(len(message))
        keep(here.ledger, revoke(middle.identity.public, 1, {}, TOWN.authority))
        return answered

    with pytest.raises(Declined):
        here.exchange(middle, road, budget_bytes=1)
    assert len(offers) == 1


def test_no_answer_makes_a_machine_count_from_the_beginning_again(
    here: Machine, middle: Machine
) -> None:
    """A replayed answer to an offer that is made once more would be believed."""
    sent = here.ledger.known(middle.identity.public).offers_sent

    def road(message: bytes) -> bytes:
        return decline(open_offer(message), No.COUNTER, key=middle.identity.private, software="")

    with pytest.raises(Declined):
        here.exchange(middle, road)
    assert here.ledger.known(middle.identity.public).offers_sent > sent


def test_more_statements_than_fit_a_message_come_in_several(
    here: Machine, middle: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may sign statements, and however many, nobody is cut off from posts by them."""
    monkeypatch.setattr("sync.lacking._STATEMENTS_BYTES_MAX", 1_000)
    for number in range(20):
        keep(middle.ledger, TOWN.certify(key(f"隣{number}")))
    middle.post(title="回覧")
    for offerer, answerer in ((here, middle), (middle, node("下郷"))):
        answerer.meet(offerer, answerer)
        exchanged = offerer.exchange(answerer)
        assert exchanged.synced
        assert exchanged.rounds > 3
