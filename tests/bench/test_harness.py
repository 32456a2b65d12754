"""Kairan still runs in the harness of its peers, and what travels there is the whole post."""

from pathlib import Path

import pytest

from bench import sync
from bench.harness_posts import documents, write_documents
from hub.hub import open_hub
from provisioning.town import Plan, make_machines, open_town
from sync.machine.keys import load_identity
from sync.machine.settings import KEY_FILE, Part

DOCUMENT = {
    "id": "00112233445566778899aabbccddeeff",
    "kind": "job",
    "title": "草刈りの手伝い募集",
    "body": "半日かけて水路ぞいを刈ります。お待ちしています。",
    "start": "2026-01-03T09:30:00+09:00",
    "end": "2026-01-04T09:30:00+09:00",
    "place": "東沼集会所",
    "organiser": "東沼水利組合",
    "tags": ["農業", "清掃"],
    "created": "2026-01-01T00:01:02+09:00",
    "author": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
}


def test_a_post_of_the_harness_comes_back_as_it_was(tmp_path: Path) -> None:
    make_machines(
        open_town(tmp_path / "town", code="990019", name="見本町"),
        [
            Plan(folder=tmp_path / "author", name="書く人", part=Part.NODE),
            Plan(folder=tmp_path / "hub", name="ハブ", part=Part.HUB),
        ],
    )
    ledger, author = (
        open_hub(tmp_path / "hub").ledger,
        load_identity(tmp_path / "author" / KEY_FILE),
    )
    write_documents(ledger, [DOCUMENT], town="990019", authors=[author])
    assert list(documents(ledger)) == [DOCUMENT]


@pytest.fixture
def _harness() -> None:
    if not sync.HARNESS.is_dir():
        pytest.skip("the folder shared/peers is not beside the checkout")
    if missing := sync.lacking_here():
        pytest.skip(f"the harness of peers can't run here, for want of {missing}")


@pytest.mark.usefixtures("_harness")
def test_kairan_is_a_row_of_the_harness(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(tmp_path, capsys, "kairan", tasks="T4")
    assert "| kairan | – |" in printed


@pytest.mark.slow
@pytest.mark.usefixtures("_harness")
@pytest.mark.parametrize("row", [row for row in sync.ROWS if row.startswith("kairan:")])
def test_each_variant_is_a_row_of_the_harness_on_a_poor_line_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str
) -> None:
    printed = run(tmp_path, capsys, row, tasks="T1,T2,T3,T4,T5")
    assert f"| {row} |" in printed


def run(place: Path, capsys: pytest.CaptureFixture[str], row: str, *, tasks: str) -> str:
    sync.main(["--peer", row, "--n", "100", "--tasks", tasks, "--place", str(place)])
    return capsys.readouterr().out
