"""Who may write which lane: every role, class, audience and town, refused by name."""

from itertools import product

import pytest

from sync.certificate import CLASSES_OF, Certificate, Rank, Role, certify
from sync.cose import public
from sync.ingest import Kept, Outcome, Refused, Waiting, ingest, ingest_statement
from sync.lane import Audience, Class
from sync.trust import Refusal
from tests.sync.builders import OTHER_TOWN, TOWN, Town, keep, key, lane, memory, posts, run

MAY_NAME = {
    Role.OFFICE: {Class.TRUST, Class.ALERT, Class.MESSAGE, Class.BOARD, Class.RELEASE},
    Role.NODE: {Class.TRUST, Class.MESSAGE, Class.BOARD},
    Role.FEED: {Class.ALERT, Class.BOARD},
    Role.HUB: set(),
    Role.ENROLMENT: set(),
}
MAY_WRITE = {  # whoever may write posts may add pictures to them
    role: may | ({Class.PICTURE} if Class.BOARD in may else set()) for role, may in MAY_NAME.items()
}
FAR_TOWN = Town("473821")


def outcome(
    role: Role,
    class_: Class = Class.BOARD,
    audience: Audience = Audience.TOWN,
    town: Town = TOWN,
    *,
    ordinal: int = 1,
    **certified: object,
) -> Outcome:
    """What becomes of a post of 上郷 in that lane, certified in TOWN."""
    ledger = memory((TOWN, OTHER_TOWN))
    keep(ledger, TOWN.certify(key("上郷"), role, **certified))
    of = lane("上郷", class_, audience, town=town, ordinal=ordinal)
    return ingest(ledger, run("上郷", posts(1), of=of), source="stick")


@pytest.mark.parametrize(("role", "class_", "audience"), [*product(Role, Class, Audience)])
def test_the_widest_certificate_lets_a_role_write_its_classes(
    role: Role, class_: Class, audience: Audience
) -> None:
    if class_ in MAY_WRITE[role]:
        assert outcome(role, class_, audience) == Kept(entries=1)
    else:
        assert outcome(role, class_, audience) == Refused(Refusal.CLASS)


@pytest.mark.parametrize(("role", "class_", "audience"), [*product(Role, Class, Audience)])
def test_in_another_town_a_certificate_lets_nobody_write(
    role: Role, class_: Class, audience: Audience
) -> None:
    assert outcome(role, class_, audience, OTHER_TOWN) == Refused(Refusal.TOWN)
    assert outcome(role, class_, audience, FAR_TOWN) == Refused(Refusal.FOREIGN)


@pytest.mark.parametrize(("role", "class_"), [*product(Role, Class)])
def test_a_certificate_that_gives_a_role_too_much_is_refused_whole(
    role: Role, class_: Class
) -> None:
    wide = MAY_NAME[role] | {class_}
    said = TOWN.certify(key("上郷"), role, classes=frozenset(wide))
    ledger = memory()
    if class_ in MAY_NAME[role]:
        assert ingest_statement(ledger, said) == Kept(entries=1)
    else:
        assert ingest_statement(ledger, said) == Refused(Refusal.MALFORMED)
        assert ledger.trust().certificates(public(key("上郷"))) == ()


@pytest.mark.parametrize("audience", Audience)
def test_an_audience_that_is_not_named_is_refused(audience: Audience) -> None:
    only = frozenset({audience})
    (other,) = set(Audience) - only
    assert outcome(Role.NODE, audience=audience, audiences=only) == Kept(entries=1)
    assert outcome(Role.NODE, audience=other, audiences=only) == Refused(Refusal.AUDIENCE)


def test_a_class_that_is_not_named_is_refused_though_the_role_has_it() -> None:
    assert outcome(Role.NODE, Class.TRUST, classes=frozenset({Class.BOARD})) == Refused(
        Refusal.CLASS
    )


def test_a_life_past_the_certified_ones_is_refused() -> None:
    assert outcome(Role.NODE, ordinal=3, incarnations=3) == Kept(entries=1)
    assert outcome(Role.NODE, ordinal=4, incarnations=3) == Refused(Refusal.INCARNATION)


def test_a_stranger_waits_and_in_an_unknown_town_is_refused() -> None:
    ledger = memory()
    assert ingest(ledger, run("知らない人"), source="stick") == Waiting()
    abroad = run("知らない人", of=lane("知らない人", town=FAR_TOWN))
    assert ingest(ledger, abroad, source="stick") == Refused(Refusal.FOREIGN)


def test_certificates_add_up_whatever_their_order() -> None:
    board = TOWN.certify(key("上郷"), classes=frozenset({Class.BOARD}), counter=2)
    trust = TOWN.certify(key("上郷"), classes=frozenset({Class.TRUST}), counter=1)
    for order in ([board, trust], [trust, board]):
        ledger = memory()
        keep(ledger, *order)
        for class_ in (Class.BOARD, Class.TRUST):
            bundle = run("上郷", of=lane("上郷", class_))
            assert isinstance(ingest(ledger, bundle, source="stick"), Kept)


def test_halves_of_two_certificates_make_no_whole() -> None:
    ledger = memory()
    board, town = frozenset({Class.BOARD}), frozenset({Audience.TOWN})
    trust, open_ = frozenset({Class.TRUST}), frozenset({Audience.OPEN})
    keep(ledger, TOWN.certify(key("上郷"), classes=board, audiences=town))
    keep(ledger, TOWN.certify(key("上郷"), classes=trust, audiences=open_))
    across = run("上郷", of=lane("上郷", Class.BOARD, Audience.OPEN))
    assert ingest(ledger, across, source="stick") == Refused(Refusal.AUDIENCE)


def test_one_that_is_no_authority_has_no_say() -> None:
    ledger = memory((TOWN, OTHER_TOWN))
    for signer in ("下郷", "authority of 011002"):
        assert ingest_statement(ledger, certify_by(signer)) == Refused(Refusal.FOREIGN)
    assert ingest_statement(ledger, certify_by("authority of 131016")) == Kept(entries=1)


def certify_by(signer: str) -> bytes:
    """A certificate for TOWN, whoever signs it."""
    certificate = Certificate(
        key=public(key("上郷")),
        name="上郷",
        role=Role.NODE,
        towns=frozenset({TOWN.code}),
        classes=CLASSES_OF[Role.NODE],
        audiences=frozenset(Audience),
        counter=1,
    )
    return certify(certificate, key(signer))


@pytest.mark.parametrize(
    ("role", "class_", "rank"),
    [
        (Role.OFFICE, Class.BOARD, Rank.MUNICIPALITY),
        (Role.OFFICE, Class.ALERT, Rank.MUNICIPALITY),
        (Role.NODE, Class.BOARD, Rank.CENTRE),
        (Role.FEED, Class.ALERT, Rank.MUNICIPALITY),
        (Role.FEED, Class.BOARD, Rank.CENTRE),
        (Role.NODE, Class.ALERT, Rank.NONE),
        (Role.HUB, Class.BOARD, Rank.NONE),
    ],
)
def test_the_rank_of_a_word_is_that_of_the_certificate_it_was_written_with(
    role: Role, class_: Class, rank: Rank
) -> None:
    ledger = memory()
    keep(ledger, TOWN.certify(key("上郷"), role))
    assert ledger.trust().rank(lane("上郷", class_)) is rank


def test_a_machine_is_called_what_its_newest_certificate_says() -> None:
    ledger = memory()
    keep(ledger, TOWN.certify(key("上郷"), name="上郷公民館", counter=2))
    keep(ledger, TOWN.certify(key("上郷"), name="上郷", counter=1))
    assert ledger.trust().name(public(key("上郷"))) == "上郷公民館"
    assert ledger.trust().name(public(key("下郷"))) == ""
