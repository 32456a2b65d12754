"""Telegrams fed in at the office stand on every node's board, word for word, in whatever order."""

import html
import json
import random
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.patience import until
from tests.stories.machines import FourMachines, Machine, town, wait_until_all_hold_the_same

KINDS = {
    "15_13_01_161226_VPWW54": "気象庁予報部",
    "241226_VPWW55": "稚内地方気象台",
    "VPWW56": "稚内地方気象台",
    "250630_VPWW57": "京都府 京都地方気象台",
    "VPWW58": "稚内地方気象台",
    "VPWW61": "稚内地方気象台",
    "VXSE53_010000": "気象庁",
    "17_02_03_190529_VXWW50": "北海道渡島総合振興局 函館地方気象台",
    "VFVO50": "気象庁",
    "VPFT50": "環境省 気象庁",
}
DRILL_ISSUED = "2024-11-02T12:00:00+09:00"


@pytest.fixture(scope="module")
def telegrams(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "jma-xml").rglob("*.xml"))


@pytest.fixture(scope="module")
def machines(
    tmp_path_factory: pytest.TempPathFactory, telegrams: list[Path]
) -> Iterator[FourMachines]:
    """A town whose office was given every telegram, and whose nodes hold what it holds."""
    with town(tmp_path_factory.mktemp("town")) as made:
        made.office.kairan("feed", *telegrams)
        for machine in made:
            machine.start()
        wait_until_all_hold_the_same(made)
        yield made


def _named(telegrams: list[Path], part: str) -> Path:
    return next(path for path in telegrams if part in path.name)


def _said(telegram: Path, name: str) -> str:
    """The text of the first element of that name, its spaces evened out."""
    found = re.search(f"<{name}>([^<]*)</{name}>", telegram.read_text())
    return " ".join(html.unescape(found[1]).split()) if found else ""


def _headline(telegram: Path) -> str:
    found = re.search(r"<Headline>\s*<Text>([^<]*)</Text>", telegram.read_text())
    return " ".join(html.unescape(found[1]).split()) if found else ""


def _record(machine: Machine, telegram: Path) -> dict[str, Any] | None:
    """The record on the board that came of it."""
    wanted = _said(telegram, "ReportDateTime"), _headline(telegram)
    return next(
        (
            post
            for post in machine.board("disaster")
            if (post["fields"]["issued"], " ".join(post["fields"].get("headline", "").split()))
            == wanted
        ),
        None,
    )


def test_every_telegram_is_taken_in_once_and_gets_one_line(
    telegrams: list[Path], tmp_path: Path
) -> None:
    with town(tmp_path) as other:
        first, again = (other.office.kairan("feed", *telegrams).splitlines() for _ in range(2))
    for lines, end in (
        (first, "取り込みました（新しく1件）。"),
        (again, "すでにあります（1件）。"),
    ):
        about = [line for line in lines if not line.startswith("  ")]  # what is doubted is below
        assert [line.partition(": ")[0] for line in about] == [path.name for path in telegrams]
        assert [line for line in about if not line.endswith(end)] == []


def test_both_nodes_show_them_word_for_word_with_issuer_and_time(
    machines: FourMachines, telegrams: list[Path]
) -> None:
    for part, issuer in KINDS.items():
        telegram = _named(telegrams, part)
        record = _record(machines.office, telegram)
        assert record is not None, f"{telegram.name} does not stand"
        for node in (machines.here, machines.there):
            page = node.visitor.open(f"/records/{record['address']}")
            assert page.status == 200
            assert _headline(telegram) in page.text
            assert issuer in page.text
            assert _day_in_words(_said(telegram, "ReportDateTime")) in page.text
            assert "発表" in page.text
            assert "訓練" not in page.text


def _day_in_words(moment: str) -> str:
    """The day of 2020-06-22T23:00:00+09:00 as people read it: 2020年6月22日."""
    year, month, day = moment[:10].split("-")
    return f"{year}年{int(month)}月{int(day)}日"


def test_what_was_cancelled_is_shown_as_cancelled_and_what_it_cancels_as_over(
    machines: FourMachines, telegrams: list[Path]
) -> None:
    cancel = _named(telegrams, "32-39_05_12_100915_VXSE53")
    cancelled = _named(telegrams, "32-39_05_12_100831_VXSE53")
    assert _said(cancel, "InfoType") == "取消"
    for node in (machines.here, machines.there):
        record = _record(node, cancel)
        assert record is not None
        assert "取消" in node.visitor.reads(f"/records/{record['address']}")
        assert _record(node, cancelled) is None


def test_the_old_form_of_a_warning_gives_way_to_the_new_one(
    machines: FourMachines, telegrams: list[Path]
) -> None:
    old = _named(telegrams, "15_12_01_161130_VPWW54")
    new = _named(telegrams, "15_17_01_241226_VPWW55")
    for node in (machines.here, machines.there):
        assert _record(node, new) is not None
        assert _record(node, old) is None


def test_a_drill_is_marked_and_replaces_nothing_real(
    machines: FourMachines, telegrams: list[Path], tmp_path: Path
) -> None:
    real = _named(telegrams, "15_17_01_241226_VPWW55")
    drill = tmp_path / "drill.xml"
    drill.write_text(
        real.read_text()
        .replace("<Status>通常</Status>", "<Status>訓練</Status>")
        .replace("2024-11-02T11:19:00+09:00", DRILL_ISSUED)
    )
    assert "【訓練】" in machines.office.kairan("feed", drill)
    for node in (machines.here, machines.there):
        record = until(partial(_record, node, drill))
        assert record is not None
        page = node.visitor.reads(f"/records/{record['address']}")
        assert "訓練" in page
        assert _headline(real) in page
        standing = _record(node, real)
        assert standing is not None
        assert "訓練" not in node.visitor.reads(f"/records/{standing['address']}")


@pytest.mark.slow
def test_the_order_of_arrival_changes_nothing(
    machines: FourMachines, telegrams: list[Path], tmp_path: Path
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    shuffled = telegrams[:]
    boards = []
    for turn in range(2):
        random.Random(seed + turn).shuffle(shuffled)
        folder = tmp_path / f"town {turn}"
        folder.mkdir()
        with town(folder) as other:
            other.office.kairan("feed", *shuffled)
            boards.append(_content(other.office))
    expected = [item for item in _content(machines.here) if DRILL_ISSUED not in item]
    assert boards == [expected, expected]
    assert _content(machines.there) == _content(machines.here)


def _content(machine: Machine) -> list[str]:
    """What stands on the board of disasters, without who wrote it down."""
    return sorted(json.dumps(post["fields"], sort_keys=True) for post in machine.board("disaster"))


def test_what_can_not_be_read_is_named_and_stops_nothing(
    machines: FourMachines, telegrams: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_bytes(_named(telegrams, "VPWW54").read_bytes()[:900])
    office = machines.office
    said = office.kairan(
        "feed", broken, tmp_path / "nothing.xml", _named(telegrams, "VPWW54"), code=1
    )
    assert "broken.xml: 取り込めません" in said
    assert "nothing.xml: 取り込めません" in said
    assert "すでにあります" in said
    assert "取り込めないファイルが2件ありました" in said


def test_only_a_machine_with_the_office_s_key_feeds(
    machines: FourMachines, telegrams: list[Path]
) -> None:
    said = machines.here.kairan("feed", _named(telegrams, "VPWW54"), code=1)
    assert "鍵" in said


def test_rebuilding_shows_the_same_telegrams(machines: FourMachines) -> None:
    for node in (machines.here, machines.there):
        before = node.tables()
        node.kairan("rebuild")
        assert node.tables() == before
