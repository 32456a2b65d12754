"""A machine and its neighbours become the same, by themselves, over real HTTP."""

from pathlib import Path

import pytest
from flask import Flask, Response, request

from hub.app import create_app
from hub.hub import Hub, open_hub
from node.addresses import addresses
from node.node import Node
from node.notebook import Neighbour, Notebook
from node.status import in_words, status
from sync.machine.settings import NOTEBOOK_FILE, Part
from tests.node.builders import OTHER_TOWN, OTHER_TOWN_NAME, TOWN, Village, post_event, titles
from tests.node.serving import port_of, served, syncing
from tests.patience import until
from tests.stories.machines import free_ports


def a_hub(village: Village, name: str = "hub") -> Hub:
    return open_hub(village.make(name, Part.HUB))


def free_address() -> str:
    """Where nobody answers, and no connection of anybody's begins meanwhile."""
    return f"http://127.0.0.1:{free_ports(1)}"


def noted(node: Node) -> Neighbour | None:
    neighbours = Notebook(node.settings.folder / NOTEBOOK_FILE).neighbours()
    return neighbours[0] if neighbours else None


def problem(node: Node) -> str:
    neighbour = noted(node)
    return neighbour.problem if neighbour else ""


def synced(node: Node) -> bool:
    neighbour = noted(node)
    return bool(neighbour and neighbour.synced and not neighbour.problem)


def test_a_post_crosses_over_the_hub_and_the_keeper_can_see_that_it_did(tmp_path: Path) -> None:
    village = Village(tmp_path)
    with served(create_app(a_hub(village))) as hub:
        node, other = (village.node(name, hub=hub, offer_seconds=1) for name in ("上郷", "下郷"))
        with syncing(node, other):
            until(lambda: synced(node))
            post_event(node)
            until(lambda: titles(other) == ["合唱の会"])
    for machine in (node, other):
        (peer,) = status(machine).peers
        assert (peer.name, peer.road, peer.address) == ("hub", "hub", hub)
        assert peer.tried >= peer.reached >= peer.synced > ""
        assert peer.software == status(machine).version
        assert "同じ内容になりました" in in_words(status(machine), {b: b for b in node.boards})
    assert status(node).digests == status(other).digests


def test_what_was_posted_before_the_machine_started_crosses_too(tmp_path: Path) -> None:
    village = Village(tmp_path)
    hub = a_hub(village)
    with served(create_app(hub)) as address:
        node = village.node(hub=address, offer_seconds=600)
        post_event(node)
        with syncing(node):
            until(lambda: [item.held.number for item in hub.ledger.lanes()] == [1])


def test_a_hub_that_is_gone_is_told_in_words_and_found_again_by_itself(tmp_path: Path) -> None:
    village = Village(tmp_path)
    hub = a_hub(village)
    address = free_address()
    node = village.node(hub=address, offer_seconds=1)
    with syncing(node):
        until(lambda: problem(node))
        assert problem(node).startswith("つながりません")
        assert status(node).peers[0].synced == ""
        assert "まだ一度も" in in_words(status(node), {b: b for b in node.boards})
        post_event(node)
        with served(create_app(hub), port_of(address)):
            until(lambda: [item.held.number for item in hub.ledger.lanes()] == [1])
            until(lambda: synced(node))
        post_event(node, title="二つめ")
        until(lambda: problem(node))
        assert status(node).peers[0].synced > ""  # what was true once is still told
        with served(create_app(hub), port_of(address)):
            until(lambda: [item.held.number for item in hub.ledger.lanes()] == [2])


def test_a_stranger_at_the_address_is_refused_and_given_nothing(tmp_path: Path) -> None:
    village = Village(tmp_path / "ours")
    strangers = Village(tmp_path / "theirs", OTHER_TOWN, OTHER_TOWN_NAME)
    app = create_app(a_hub(strangers))
    asked: list[tuple[str, int]] = []
    app.before_request(lambda: asked.append((request.method, len(request.get_data()))))
    with served(app) as address:
        node = village.node(hub=address, offer_seconds=600)
        post_event(node)
        with syncing(node):
            until(lambda: problem(node))
    assert "この町の機械ではない" in problem(node)
    assert set(asked) == {("GET", 0)}
    assert list(node.ledger.trust().keys()) == [node.identity.public]


def test_a_page_for_people_at_the_address_is_no_neighbour(tmp_path: Path) -> None:
    router = Flask("router")
    router.add_url_rule("/<path:_>", view_func=lambda _: "<html>ルーターの設定</html>")
    with served(router) as address:
        node = Village(tmp_path).node(hub=address, offer_seconds=600)
        with syncing(node):
            until(lambda: problem(node))
    assert "確かめられませんでした" in problem(node)


def test_who_shows_the_papers_of_the_hub_without_its_key_is_not_believed(tmp_path: Path) -> None:
    village = Village(tmp_path)
    hub = a_hub(village)
    true = create_app(hub).test_client().get("/sync").get_data()
    false = Flask("false")
    false.add_url_rule("/sync", "hello", lambda: Response(true))
    false.add_url_rule("/sync", "answer", lambda: Response(b"\x84"), methods=["POST"])
    address = free_address()
    node = village.node(hub=address, offer_seconds=1)
    post_event(node)
    with syncing(node):
        with served(false, port_of(address)):
            until(lambda: "確かめられませんでした" in problem(node))
        assert status(node).peers[0].synced == ""
        with served(create_app(hub), port_of(address)):
            until(lambda: synced(node))
    assert [item.held.number for item in hub.ledger.lanes()] == [1]


def test_a_hub_that_was_replaced_is_met_without_a_restart(tmp_path: Path) -> None:
    village = Village(tmp_path)
    first, second = a_hub(village), a_hub(village, "second hub")
    address = free_address()
    node = village.node(hub=address, offer_seconds=1)
    post_event(node)
    with syncing(node):
        with served(create_app(first), port_of(address)):
            until(lambda: synced(node))
        with served(create_app(second), port_of(address)):
            until(lambda: [item.held.number for item in second.ledger.lanes()] == [1])
            until(lambda: synced(node) and status(node).peers[0].name == "second hub")


def test_a_hub_that_lost_its_ledger_is_given_all_again(tmp_path: Path) -> None:
    village = Village(tmp_path)
    hub = a_hub(village)
    address = free_address()
    node = village.node(hub=address, offer_seconds=1)
    post_event(node)
    with syncing(node):
        with served(create_app(hub), port_of(address)):
            until(lambda: synced(node))
        for file in hub.settings.folder.glob("kairan.sqlite*"):
            file.unlink()
        empty = open_hub(hub.settings.folder)
        with served(create_app(empty), port_of(address)):
            until(lambda: [item.held.number for item in empty.ledger.lanes()] == [1])


def test_a_neighbour_that_fails_does_not_hold_up_another(tmp_path: Path) -> None:
    village = Village(tmp_path)
    broken = Flask("broken")
    with served(broken) as bad, served(create_app(hub := a_hub(village))) as good:
        node = village.node(hub=good, peers=[bad], offer_seconds=600)
        with syncing(node):
            until(lambda: all(peer.tried for peer in status(node).peers))
            post_event(node)
            until(lambda: [item.held.number for item in hub.ledger.lanes()] == [1])
    problems = {peer.address: bool(peer.problem) for peer in status(node).peers}
    assert problems == {good: False, bad: True}


def test_a_notebook_that_cannot_be_written_keeps_no_post_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    village = Village(tmp_path)
    hub = a_hub(village)
    with served(create_app(hub)) as address:
        node = village.node(hub=address, offer_seconds=600)
        (node.settings.folder / NOTEBOOK_FILE).mkdir()  # which can't be put aside either:
        (node.settings.folder / NOTEBOOK_FILE).with_suffix(".damaged").touch()
        post_event(node)
        with syncing(node):
            until(lambda: [item.held.number for item in hub.ledger.lanes()] == [1])
            until(lambda: "notebook" in caplog.text)
    assert status(node).peers == []


def test_the_addresses_are_those_of_the_settings_and_of_the_command_each_once(
    tmp_path: Path,
) -> None:
    node = Village(tmp_path, TOWN).node(hub="http://hub:1", peers=["http://a:1", "http://b:1"])
    found = addresses(node, ("http://b:1/", "http://c:1"))
    assert [(address.road, address.url) for address in found] == [
        ("hub", "http://hub:1"),
        ("peer", "http://a:1"),
        ("peer", "http://b:1"),
        ("peer", "http://c:1"),
    ]
