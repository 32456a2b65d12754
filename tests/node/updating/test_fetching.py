"""A version's file comes by line, a piece at a time, from whoever has it, and never in the way."""

import pytest
from flask import Flask, request

from hub.app import create_app as hub_app
from hub.hub import Hub
from node.addresses import addresses
from node.doctor.known import known
from node.neighbourhood import Neighbourhood
from node.node import Node
from node.notebook import Notebook
from node.status import status
from node.updating import coming, fetching
from node.updating.coming import half_of, put_down
from node.updating.fetching import Fetching
from sync.limits import PIECE_BYTES_MAX
from sync.machine import clock
from sync.machine.form import RELEASES
from sync.machine.settings import NOTEBOOK_FILE, SETTINGS_FILE, NotProvisioned, read_settings
from tests.node.breaking import breaking
from tests.node.builders import Village, post_event
from tests.node.serving import served
from tests.node.updating.by_line import CONTENT, SIZE, at, decide, fetch_all, put, source, waiting
from tests.patience import until


@pytest.mark.parametrize("near", [True, False])
def test_it_comes_piece_by_piece_and_is_put_down_where_the_guardian_looks(
    village: Village, hub: Hub, node: Node, near: bool
) -> None:
    release = decide(village, hub, node)
    put(hub)
    fetching = Fetching(node)
    assert fetching.is_wanted()
    with served(hub_app(hub)) as address, source(address, near=near) as one:
        fetch_all(fetching, one)
    assert waiting(node, release).read_bytes() == CONTENT
    assert not half_of(waiting(node, release)).exists()
    assert not fetching.is_wanted()


def test_who_should_not_run_it_does_not_fetch_it(village: Village, hub: Hub, node: Node) -> None:
    decide(village, hub, node, machines=(hub.identity.public,))
    assert not Fetching(node).is_wanted()
    decide(village, hub, node, counter=2, base="another system")
    assert not Fetching(node).is_wanted()


def test_what_was_cut_goes_on_where_it_broke_after_a_restart_and_with_another_who_has_it(
    village: Village, hub: Hub, node: Node
) -> None:
    release = decide(village, hub, node)
    put(hub)
    with served(hub_app(hub)) as address:
        with breaking(address, SIZE // 2) as (broken, _), source(broken) as one:
            while Fetching(node).piece(one) == 0:
                pass
        half = half_of(waiting(node, release))
        had = half.stat().st_size
        assert SIZE // 4 < had < SIZE // 2
        put_down(node)
        assert half.read_bytes() == CONTENT[:had], "it is left there"
        with breaking(address, 1 << 30) as (whole, line), source(whole, "another") as one:
            fetch_all(Fetching(node), one)
    assert waiting(node, release).read_bytes() == CONTENT
    assert line.passed < SIZE - had + 10_000


def test_over_a_line_that_breaks_at_each_sixteen_kilobytes_it_comes_in_the_end(
    village: Village, hub: Hub, node: Node
) -> None:
    release = decide(village, hub, node)
    put(hub)
    fetching, tries = Fetching(node), 0
    with served(hub_app(hub)) as address:
        while fetching.is_wanted():
            tries += 1
            assert tries < 60, half_of(waiting(node, release)).stat().st_size
            with breaking(address, 16_000) as (broken, _), source(broken, near=False) as one:
                while fetching.piece(one) == 0:
                    pass
    assert waiting(node, release).read_bytes() == CONTENT


def test_who_has_it_not_yet_is_asked_again_later_and_no_old_machine_is_blamed(
    village: Village, hub: Hub, node: Node
) -> None:
    decide(village, hub, node)
    old = Flask("old")
    fetching = Fetching(node)
    for app in (hub_app(hub), old):
        with served(app) as address, source(address) as one:
            assert fetching.piece(one) == one.again_seconds
    put(hub)
    with served(hub_app(hub)) as address, source(address) as one:
        fetch_all(fetching, one)


def test_two_who_have_it_take_turns_and_a_neighbour_goes_before_the_hub(
    village: Village, hub: Hub, node: Node
) -> None:
    decide(village, hub, node)
    put(hub)
    fetching = Fetching(node)
    with (
        served(hub_app(hub)) as address,
        source(address, "hub", near=False) as far,
        source(address, "one") as one,
        source(address, "another") as another,
    ):
        assert fetching.piece(far) == 0
        assert fetching.piece(one) == 0
        assert (fetching.piece(far) or 0) > 0
        assert (fetching.piece(another) or 0) > 0
        fetch_all(fetching, one)


def test_where_the_line_costs_by_the_byte_it_comes_from_a_neighbour_and_never_from_the_hub(
    village: Village, hub: Hub, node: Node
) -> None:
    release = decide(village, hub, node)
    put(hub)
    fetching = Fetching(node)
    path = node.settings.folder / SETTINGS_FILE
    path.write_text(f"metered = true\n{path.read_text()}")
    node.settings = read_settings(node.settings.folder)
    with served(hub_app(hub)) as address, source(address, near=False) as far:
        for _ in range(3):
            assert (fetching.piece(far) or 0) > 600
        assert not half_of(waiting(node, release)).exists()
        said = [line for found in known(status(node), clock.now()) for line in found.lines]
        assert "お金のかかる回線（ハブ）からは受け取りません" in "".join(said)
        with source(address, "a neighbour") as near:
            fetch_all(fetching, near)
    assert waiting(node, release).read_bytes() == CONTENT
    path.write_text(path.read_text().replace("metered = true", "metered = 'yes'"))
    with pytest.raises(NotProvisioned):
        read_settings(node.settings.folder)


def test_on_a_full_disk_nothing_is_begun_and_the_keeper_is_told(
    village: Village, hub: Hub, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = decide(village, hub, node)
    put(hub)
    fetching = Fetching(node)
    with served(hub_app(hub)) as address, source(address) as one:
        assert fetching.piece(one) == 0
        said = [line for found in known(status(node), clock.now()) for line in found.lines]
        assert "（0.3MBのうち0.1MB）" in "".join(said)
        monkeypatch.setattr(coming, "ROOM_BYTES", 1 << 60)
        assert (fetching.piece(one) or 0) > 0
        said = [line for found in known(status(node), clock.now()) for line in found.lines]
        assert "受け取る空きが、記憶装置にありません" in "".join(said)
        assert half_of(waiting(node, release)).stat().st_size == PIECE_BYTES_MAX
        monkeypatch.undo()


def test_the_half_of_a_file_that_nobody_waits_for_any_more_goes(
    village: Village, hub: Hub, node: Node
) -> None:
    release = decide(village, hub, node)
    put(hub)
    with served(hub_app(hub)) as address, source(address) as one:
        assert Fetching(node).piece(one) == 0
    decide(village, node, counter=2, number=2, digest=bytes(32))
    put_down(node)
    assert not half_of(waiting(node, release)).exists()


def test_what_lies_here_for_others_serves_this_machine_too_and_goes_with_its_word(
    village: Village, node: Node
) -> None:
    release = decide(village, node)
    file = put(node)
    put_down(node)
    assert waiting(node, release).read_bytes() == CONTENT
    decide(village, node, counter=2, number=2, digest=bytes(32))
    put_down(node)
    assert not file.exists()
    assert not waiting(node, release).exists()


def test_what_was_posted_meanwhile_goes_before_the_next_piece(
    village: Village, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    (village.folder / "releases").mkdir()
    monkeypatch.setenv(RELEASES, str(village.folder / "releases"))
    monkeypatch.setattr(fetching, "FAR_BYTES", 16 << 10)
    app = hub_app(hub)
    asked: list[str] = []
    done: list[Neighbourhood] = []

    with served(app) as address:
        node = village.node(hub=address)
        release = decide(village, hub, node)
        put(hub)
        notebook = Notebook(node.settings.folder / NOTEBOOK_FILE)
        neighbourhood = Neighbourhood(node, notebook, addresses(node))

        def note() -> None:
            asked.append(f"{request.method} {request.path}")
            if asked.count(f"GET {at(release)}") == 3 and not done:
                done.append(neighbourhood)
                post_event(node, title="避難してください")
                neighbourhood.changed()
                node.database.close()

        app.before_request(note)

        def came() -> bool:
            neighbourhood.fetch()
            return waiting(node, release).exists()

        neighbourhood.start()
        try:
            until(came)
        finally:
            neighbourhood.stop()
    third = [i for i, said in enumerate(asked) if said == f"GET {at(release)}"][2]
    assert asked[third + 1] == "POST /sync"
    assert asked.count(f"GET {at(release)}") > 10
