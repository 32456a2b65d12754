"""Digits that two work out who have never spoken, and nobody else."""

import pytest

from sync.errors import Malformed
from sync.machine.keys import Identity, identity_of, make_identity, secret
from sync.telephone_code import telephone_code

ASKED, TOWN = "40271835", "990019"


@pytest.fixture(scope="module")
def office() -> Identity:
    return make_identity()


@pytest.fixture(scope="module")
def place() -> Identity:
    return make_identity()


def said(office: Identity, place: Identity, asked: str = ASKED, town: str = TOWN) -> str:
    return telephone_code(
        asked,
        own=secret(office),
        other=place.public,
        town=town,
        office=office.public,
        place=place.public,
    )


def expected(office: Identity, place: Identity, asked: str = ASKED, town: str = TOWN) -> str:
    return telephone_code(
        asked,
        own=secret(place),
        other=office.public,
        town=town,
        office=office.public,
        place=place.public,
    )


def test_what_the_office_says_is_what_the_machine_expects(
    office: Identity, place: Identity
) -> None:
    assert said(office, place) == expected(office, place)
    assert len(said(office, place)) == 10
    assert said(office, place).isdigit()


def test_for_another_number_machine_town_or_office_it_is_another(
    office: Identity, place: Identity
) -> None:
    others = [
        said(office, place, asked="40271836"),
        said(office, place, town="990027"),
        said(office, make_identity()),
        said(make_identity(), place),
        said(place, office),  # no machine passes for the office
    ]
    assert len({said(office, place), *others}) == 1 + len(others)


def test_nobody_else_works_it_out_who_knows_all_that_is_public(
    office: Identity, place: Identity
) -> None:
    thief = make_identity()
    for other in (office, place):
        guessed = telephone_code(
            ASKED,
            own=secret(thief),
            other=other.public,
            town=TOWN,
            office=office.public,
            place=place.public,
        )
        assert guessed != expected(office, place)


def test_it_is_what_the_spec_says() -> None:
    office, place = identity_of(bytes(range(32))), identity_of(bytes(range(32, 64)))
    assert said(office, place, asked="00000000") == expected(office, place, asked="00000000")
    assert said(office, place, asked="00000000") == "4177496100"


@pytest.mark.parametrize("asked", ["", "1234567", "123456789", "1234567a", "１２３４５６７８"])
def test_what_no_machine_shows_is_refused(office: Identity, place: Identity, asked: str) -> None:
    with pytest.raises(Malformed):
        said(office, place, asked=asked)


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32])
def test_a_key_that_makes_everybodys_digits_the_same_is_refused(
    place: Identity, key: bytes
) -> None:
    with pytest.raises(Malformed):
        telephone_code(
            ASKED, own=secret(place), other=key, town=TOWN, office=key, place=place.public
        )
