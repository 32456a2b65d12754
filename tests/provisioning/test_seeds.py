"""Seed folders for many nodes from one list: all of them, or none and why, line by line."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from node.membership import Membership
from node.node import open_node
from node.pins import FIRST, Pins
from provisioning import seeds as seeds_made
from provisioning.authority import open_authority
from sync.machine.keys import make_identity, save_identity
from sync.machine.pin import pin_in_words
from sync.machine.settings import SEED_FILE, SETTINGS_FILE, STATEMENTS_FILE, read_settings
from tests.cli.kairan import Said, here, message
from tests.node.builders import meet, post_event, titles
from tests.provisioning.test_authority import DAILY, Desk

HEAD = "名前,ハブ,相手の番地,Wi-Fiの名前,Wi-Fiの合言葉,画面を消す時刻,Wi-Fiの出し方\n"
LIST = HEAD + (
    "上郷公民館,,http://10.0.0.2:8700 http://10.0.0.3:8700,kairan-kamigo,もちつき大会,22:00-05:30,\n"
    "下郷公民館,http://hub2:8700,,,,,\n"
    "奥郷公民館,,,開いた網,,,この機械が出す\n"
)
HUB = "http://hub:8700"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def provision(desk: Desk, what: str, *words: object, passphrase: str = DAILY) -> Said:
    reading, writing = os.pipe()
    os.write(writing, f"{passphrase}\n".encode())
    os.close(writing)
    told = ("provision", what, "--authority", desk.authority, "--passphrase-fd", reading)
    return here(*told, *words)


def batch(desk: Desk, text: str | bytes, *words: object, out: str = "seeds") -> Said:
    path = desk.folder / "list.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return provision(desk, "batch", path, "--out", desk.folder / out, "--hub", HUB, *words)


def beside(desk: Desk) -> set[str]:
    return {path.name for path in desk.folder.iterdir()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_every_machine_of_a_list_becomes_a_member_at_its_first_start(
    desk: Desk, encoding: str
) -> None:
    said = batch(desk, LIST.encode(encoding))
    assert (said.code, said.err) == (0, "")
    office = desk.machine("役場", "office")
    out = desk.folder / "seeds"
    assert {path.name for path in out.iterdir()} == {"上郷公民館", "下郷公民館", "奥郷公民館"}
    for folder in out.iterdir():
        assert not folder.stat().st_mode & 0o077
        assert FIRST in Pins(folder).coded()
        node = open_node(folder)
        assert node.membership is Membership.MEMBER
        assert node.settings.name == folder.name
        post_event(node, title=f"{folder.name}の会")
        meet(node, office)
    assert len(titles(office)) == 3
    kamigo, shimogo, okugo = (
        read_settings(out / name) for name in ("上郷公民館", "下郷公民館", "奥郷公民館")
    )
    assert (kamigo.hub, shimogo.hub) == (HUB, "http://hub2:8700")
    assert kamigo.peers == ("http://10.0.0.2:8700", "http://10.0.0.3:8700")
    assert kamigo.screen_off is not None
    assert kamigo.wifi is not None
    assert (kamigo.wifi.name, kamigo.wifi.password) == ("kairan-kamigo", "もちつき大会")
    assert okugo.wifi is not None
    assert okugo.wifi.password == ""
    assert (kamigo.wifi.made_here, okugo.wifi.made_here) == (False, True)
    assert beside(desk) == {"authority", "seeds", "list.csv", "役場"}


def test_each_knows_its_hub_by_the_hubs_keys(desk: Desk) -> None:
    usual, other = (pin_in_words(bytes([number]) * 32) for number in (1, 2))
    text = f"名前,ハブ,ハブの鍵\n上郷,,\n下郷,https://hub2,{other}\n奥郷,http://hub3,\n"
    hub = ("--hub", "https://hub:8700", "--hub-pin", usual)
    assert batch(desk, text, *hub).code == 0
    out = desk.folder / "seeds"
    known_by = [read_settings(out / name).hub_pins for name in ("上郷", "下郷", "奥郷")]
    assert [[pin_in_words(pin) for pin in pins] for pins in known_by] == [[usual], [other], []]
    wrong = f"名前,ハブ,ハブの鍵\n里,http://hub,{other}\n浜,https://hub,これ\n"
    said = message(batch(desk, wrong, out="again"))
    assert "3行目: 「これ」はハブの鍵ではありません" in said
    said = message(batch(desk, wrong.replace("浜,https://hub,これ\n", ""), out="again"))
    assert "2行目: 設定が正しくありません" in said


def test_every_wrong_line_is_told_and_nothing_is_made(desk: Desk) -> None:
    before = open_authority(desk.authority).said
    said = batch(
        desk,
        HEAD
        + "上郷公民館,,,,,\n"
        + ",,,,,x\n"
        + "上郷公民館,ftp://hub,,,,\n"
        + "../悪い,,,,,\n"
        + "奥郷公民館,,,,短い,\n"
        + "里公民館,http://a http://b,,,,,多い\n",
    )
    lines = message(said).splitlines()
    assert lines[0] == "一覧に直すところが7か所あります。まだ何も作っていません。"
    assert [line.strip().split(":")[0] for line in lines[1:]] == [
        f"{number}行目" for number in (3, 4, 4, 5, 6, 7, 7)
    ]
    for words in ("名前は1文字から", "ftp://hub", "2行目にもあります", "../悪い", "ハブは1つだけ"):
        assert words in said.err
    assert open_authority(desk.authority).said == before
    assert beside(desk) == {"authority", "list.csv"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "何も書かれていません"),
        (HEAD, "機械が1台もありません"),
        ("場所,ハブ\nx,\n", "「場所」という見出しは分かりません"),
        ("ハブ\nhttp://hub\n", "「名前」がいります"),
        ("名前,name\na,b\n", "同じ見出しが2つ"),
        ("名前,画面を消す時刻\n上郷,いつも\n", "2行目: 設定が正しくありません"),
        ("名前,Wi-Fiの名前,Wi-Fiの合言葉\n上郷,w,短い\n", "2行目: 設定が正しくありません"),
        ("名前,Wi-Fiの名前,Wi-Fiの出し方\n上郷,w,うたう\n", "2行目: Wi-Fiの出し方は、「この機械が"),
        ("名前,Wi-Fiの出し方\n上郷,この機械が出す\n", "2行目: Wi-Fiの合言葉か出し方だけ"),
        ("名前\n" + "".join(f"{n}番\n" for n in range(201)), "202行目: 一度に200台まで"),
        (b"\xff\xfe\x00", "読めません"),
        ('名前\n"上郷\n下郷\n', "フォルダーの名前に使えません"),
    ],
)
def test_a_list_that_cannot_be_read_makes_nothing(desk: Desk, text: str | bytes, why: str) -> None:
    before = open_authority(desk.authority).said
    assert why in message(batch(desk, text))
    assert open_authority(desk.authority).said == before
    assert beside(desk) == {"authority", "list.csv"}


def test_a_plan_is_told_and_nothing_is_made(desk: Desk) -> None:
    said = batch(desk, LIST, "--dry-run")
    assert said.code == 0
    for words in ("3台", "まだ作っていません", "上郷公民館", "http://hub2:8700"):
        assert words in said.out
    assert "もちつき大会" not in said.out
    assert beside(desk) == {"authority", "list.csv"}


def test_what_is_there_is_not_written_over_and_no_machine_is_made_twice(desk: Desk) -> None:
    assert batch(desk, LIST).code == 0
    assert "もうあります" in message(batch(desk, LIST))
    said = message(batch(desk, LIST, out="again"))
    assert "2行目: 「上郷公民館」という機械は、この町にもうあります。" in said
    assert not (desk.folder / "again").exists()


@pytest.mark.parametrize("moment", ["make_seed", "write_whole", "sync_folder", "_finish"])
def test_where_the_power_goes_in_the_middle_there_is_nothing_and_it_is_made_anew(
    desk: Desk, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., object] = getattr(seeds_made, moment)
    calls = iter(range(10))

    def cut(*words: object, **named: object) -> object:
        if moment == "_finish" or next(calls) == 1:
            os._exit(9)  # nothing is tidied up
        return real(*words, **named)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(seeds_made, moment, cut)
        batch(desk, LIST)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert not (desk.folder / "seeds").exists()
    said = batch(desk, LIST)
    assert said.code == int(moment == "_finish"), said
    if moment == "_finish":
        assert "途中で止まっていた" in said.err
        assert said.out.count("登録コード（1回") == 3
    assert {path.name for path in (desk.folder / "seeds").iterdir()} >= {"上郷公民館"}
    assert not [name for name in beside(desk) if name.startswith(".seeds")]
    node = open_node(desk.folder / "seeds" / "上郷公民館")
    assert node.membership is Membership.MEMBER
    trust = open_authority(desk.authority).trust
    assert sorted(trust.name(key) for key in trust.keys()) == sorted(  # noqa: SIM118
        path.name for path in (desk.folder / "seeds").iterdir()
    )


def test_one_node_and_one_in_the_place_of_another(desk: Desk) -> None:
    one = ("--name", "上郷公民館", "--hub", HUB)
    said = provision(desk, "node", *one, "--out", desk.folder / "one")
    assert (said.code, said.err) == (0, "")
    assert "登録コード" in said.out
    folder = desk.folder / "one" / "上郷公民館"
    assert read_settings(folder).hub == HUB
    wrong = provision(desk, "node", *one, "--out", desk.folder / "two")
    assert "もうあります" in message(wrong)
    again = provision(desk, "node", *one, "--same-name", "--out", desk.folder / "two")
    assert again.code == 0
    assert "合言葉が違います" in message(
        provision(
            desk,
            *("node", "--name", "下郷", "--out", desk.folder / "three"),
            passphrase="これではない合言葉",
        )
    )
    assert not (desk.folder / "three").exists()


def test_a_seed_is_checked_before_it_is_sent(desk: Desk) -> None:
    assert batch(desk, LIST).code == 0
    out = desk.folder / "seeds"
    folders = [out / name for name in ("上郷公民館", "下郷公民館", "奥郷公民館")]
    assert "「上郷公民館」の準備ファイルです" in here("provision", "check", *folders).out
    for spoil, why in (
        (lambda f: (f / SETTINGS_FILE).unlink(), "機械の設定"),
        (lambda f: (f / SEED_FILE).write_bytes(b"x"), "読めません"),
        (lambda f: save_identity(make_identity(), f / SEED_FILE), "町の鍵が認めていません"),
        (lambda f: (f / SEED_FILE).chmod(0o644), "ほかの利用者も読めます"),
        (lambda f: (f / STATEMENTS_FILE).write_bytes(b"\xff"), "読めません"),
        (
            lambda f: (f / SETTINGS_FILE).write_text(
                (f / SETTINGS_FILE).read_text().replace("上郷", "下郷")
            ),
            "「上郷公民館」のための鍵です",
        ),
        (lambda f: open_node(f).database.close(), "もう自分の鍵があります"),
    ):
        kept = {path: path.read_bytes() for path in folders[0].iterdir()}
        spoil(folders[0])
        said = here("provision", "check", *folders)
        assert why in said.out, said
        assert "3台のうち1台" in message(said)
        for path in folders[0].iterdir():
            path.unlink()
        for path, content in kept.items():
            path.write_bytes(content)
            path.chmod(0o600)
    assert here("provision", "check", *folders).code == 0
