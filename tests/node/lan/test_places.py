"""Few places are kept of a machine, and the one that was proved is not talked away."""

from node.lan.places import INSTANCES_MAX, URLS_MAX, Places
from node.lan.service import Service


def said(instance: str, *urls: str) -> Service:
    return Service(instance=instance, machine=bytes(8), digest=bytes(8), urls=urls)


def test_where_it_was_proved_is_tried_first_whatever_strangers_say() -> None:
    places = Places("http://true")
    for number in range(1_000):
        assert not places.found(said(f"liar {number}", f"http://lie-{number}"))
    assert places.urls()[0] == "http://true"
    assert len(places.urls()) == 1 + INSTANCES_MAX


def test_what_it_told_us_itself_comes_before_hearsay() -> None:
    places = Places()
    places.found(said("one", "http://hearsay"))
    places.announced("http://told")
    assert places.urls() == ["http://told", "http://hearsay"]


def test_the_newest_word_of_an_instance_takes_the_place_of_the_one_before() -> None:
    places = Places()
    places.found(said("one", "http://old"))
    places.found(said("two", "http://else"))
    places.found(said("one", "http://new"))
    assert places.urls() == ["http://new", "http://else"]


def test_a_digest_counts_where_the_machine_was_proved_to_be() -> None:
    places = Places("http://true")
    assert places.found(said("one", "http://other", "http://true"))
    assert not places.found(said("two", "http://other"))


def test_however_many_are_said_few_are_tried() -> None:
    places = Places("http://true")
    for number in range(9):
        places.found(said(f"{number}", *(f"http://{number}-{at}" for at in range(4))))
    assert len(places.urls()) == URLS_MAX
