"""Who becomes a neighbour of what is found on the LAN, and how little strangers can make us do."""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, request

from kiosk_ui.app import create_app
from node.lan.bell import Heard
from node.lan.service import Service
from node.neighbourhood import INTRODUCERS, Neighbourhood
from node.node import Node
from node.notebook import Notebook
from sync import cose
from sync.announcement import held_in_short
from sync.machine.settings import NOTEBOOK_FILE
from tests.node.builders import (
    OTHER_TOWN,
    OTHER_TOWN_NAME,
    TOWN,
    Village,
    meet,
    post_event,
    titles,
)
from tests.node.serving import served
from tests.patience import until


@contextmanager
def neighbours_of(node: Node) -> Iterator[Neighbourhood]:
    neighbourhood = Neighbourhood(node, Notebook(node.settings.folder / NOTEBOOK_FILE), [])
    neighbourhood.start()
    try:
        yield neighbourhood
    finally:
        neighbourhood.stop()
        until(lambda: not _busy())


def _busy() -> bool:
    names = ("offers to", "telling", "introducing")
    return any(thread.name.startswith(names) for thread in threading.enumerate())


def said(of: Node, url: str, *, instance: str = "one", digest: bytes | None = None) -> Service:
    return Service(
        instance=instance,
        machine=cose.short(of.identity.public),
        digest=digest or held_in_short(of.ledger, of.settings.town),
        urls=(url,),
    )


def asked(app: Flask) -> Counter[str]:
    """What is asked of it from now on."""
    counted: Counter[str] = Counter()

    @app.before_request
    def count() -> None:
        counted[f"{request.method} {request.path}"] += 1

    return counted


def test_a_machine_of_our_town_that_nobody_told_us_of_is_met_once_it_shows_its_certificate(
    tmp_path: Path,
) -> None:
    village = Village(tmp_path)
    here, there = village.node("上郷"), village.node("下郷")
    post_event(there)
    with served(create_app(there)) as url, neighbours_of(here) as neighbourhood:
        neighbourhood.found(said(there, url))
        until(lambda: titles(here) == ["合唱の会"])
    (noted,) = Notebook(here.settings.folder / NOTEBOOK_FILE).neighbours()
    assert (noted.road, noted.name, noted.address) == ("lan", "下郷", url)


def test_who_is_of_another_town_after_all_is_asked_once_and_not_noted(tmp_path: Path) -> None:
    here = Village(tmp_path / "ours").node()
    stranger = Village(tmp_path / "theirs", OTHER_TOWN, OTHER_TOWN_NAME).node()
    app = create_app(stranger)
    counted = asked(app)
    with served(app) as url, neighbours_of(here) as neighbourhood:
        for _ in range(20):
            neighbourhood.found(said(stranger, url, digest=bytes(8)))
            until(lambda: counted["GET /sync"])
    assert counted == {"GET /sync": 1}
    assert Notebook(here.settings.folder / NOTEBOOK_FILE).neighbours() == []


def test_thousands_of_names_cost_a_few_threads(tmp_path: Path) -> None:
    here = Village(tmp_path).node()
    before = threading.active_count()
    with neighbours_of(here) as neighbourhood:
        for number in range(5_000):
            url = f"http://127.0.0.1:{1 + number % 1_000}"
            neighbourhood.found(
                Service(
                    instance=f"{number}",
                    machine=os.urandom(8),
                    digest=os.urandom(8),
                    urls=(url,),
                )
            )
        # Each has a timer, and one that is over may not have ended yet.
        assert threading.active_count() <= before + 3 * INTRODUCERS + 1
    assert Notebook(here.settings.folder / NOTEBOOK_FILE).neighbours() == []


def test_who_says_that_a_neighbour_is_elsewhere_with_news_makes_us_look_a_few_times(
    tmp_path: Path,
) -> None:
    village = Village(tmp_path)
    here, there = village.node("上郷"), village.node("下郷")
    meet(here, there)
    app = create_app(there)
    counted = asked(app)
    with served(app) as url, neighbours_of(here) as neighbourhood:
        neighbourhood.found(said(there, url))
        until(lambda: counted["POST /sync"] == 1)
        for number in range(2_000):
            lie = said(there, "http://127.0.0.1:9", instance=f"{number}", digest=os.urandom(8))
            neighbourhood.found(lie)
        post_event(there)
        neighbourhood.heard(
            Heard(
                machine=cose.short(there.identity.public),
                digest=held_in_short(there.ledger, TOWN),
                url=url,
            )
        )
        until(lambda: titles(here) == ["合唱の会"])
    assert counted["POST /sync"] < 8


def test_a_word_of_nobody_we_know_is_nothing(tmp_path: Path) -> None:
    here = Village(tmp_path).node()
    with neighbours_of(here) as neighbourhood:
        neighbourhood.heard(Heard(machine=bytes(8), digest=bytes(8), url="http://127.0.0.1:9"))
        me = cose.short(here.identity.public)
        neighbourhood.heard(Heard(machine=me, digest=bytes(8), url="http://127.0.0.1:9"))
    assert Notebook(here.settings.folder / NOTEBOOK_FILE).neighbours() == []


def test_a_neighbour_is_found_again_after_a_restart_where_it_was(tmp_path: Path) -> None:
    village = Village(tmp_path)
    here, there = village.node("上郷"), village.node("下郷")
    with served(create_app(there)) as url:
        with neighbours_of(here) as neighbourhood:
            neighbourhood.found(said(there, url))
            until(lambda: Notebook(here.settings.folder / NOTEBOOK_FILE).neighbours())
        post_event(there)
        with neighbours_of(here):  # and mDNS says nothing
            until(lambda: titles(here) == ["合唱の会"])
