"""An address counts once it has stayed, and is given up once it has stayed away."""

from node.lan.interfaces import Interface, Steady

CABLE, WIFI = Interface(2, "10.0.0.1", 24), Interface(3, "10.0.1.1", 24)


def seen(*looks: set[Interface]) -> frozenset[Interface]:
    steady = Steady()
    last: frozenset[Interface] = frozenset()
    for look in looks:
        last = steady.seen(frozenset(look))
    return last


def test_what_is_there_at_the_start_is_believed() -> None:
    assert seen({CABLE}) == {CABLE}


def test_what_comes_is_believed_at_the_second_look() -> None:
    assert seen({CABLE}, {CABLE, WIFI}) == {CABLE}
    assert seen({CABLE}, {CABLE, WIFI}, {CABLE, WIFI}) == {CABLE, WIFI}


def test_what_goes_is_given_up_at_the_second_look() -> None:
    assert seen({CABLE}, set()) == {CABLE}
    assert seen({CABLE}, set(), set()) == frozenset()


def test_what_flaps_changes_nothing_and_holds_up_no_other() -> None:
    assert seen({CABLE}, *([{CABLE, WIFI}, {CABLE}] * 9)) == {CABLE}
    assert seen({CABLE}, *([{WIFI}, {CABLE, WIFI}] * 9)) == {CABLE, WIFI}


def test_an_interface_made_anew_is_another_one() -> None:
    anew = Interface(9, CABLE.address, CABLE.prefix)
    assert seen({CABLE}, {anew}) == {CABLE}
    assert seen({CABLE}, {anew}, {anew}) == {anew}
