"""Files that are broken or unkind, given to the real commands.

Each is refused with one sentence, nothing of it is kept, the good ones beside it are taken, and
the command's memory stays bounded.
"""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard

from node.node import open_node
from sync import cbor
from sync.carrier import MARK
from sync.machine.settings import Part
from tests.everyday import one_a_day
from tests.node.builders import OTHER_TOWN, OTHER_TOWN_NAME, Village, post_event, stands_as, titles
from tests.node.feed.lists import workbook
from tests.node.feed.telegrams import telegram

ROOT = Path(__file__).resolve().parents[2]
GIB = 1 << 30
PEAK_MB_MAX = 400
SECONDS_MAX = 240

_MEASURED = """
import atexit, re, sys
from pathlib import Path
from cli.main import main
peak = lambda: re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
atexit.register(lambda: print("peak", peak(), file=sys.stderr))
main()
"""


@dataclass(frozen=True)
class Measured:
    code: int
    out: str
    err: str
    peak_mb: int


def measured(*arguments: object) -> Measured:
    """What came of a command, and how much memory it had at most."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    err, _, peak = done.stderr.rpartition("peak ")
    assert "Traceback" not in err
    return Measured(done.returncode, done.stdout, err, int(peak) >> 10)


def sparse(path: Path) -> None:
    """A file that claims 10 GB."""
    with path.open("wb") as file:
        file.truncate(10 * GIB)


def zeros_without_end(path: Path) -> None:
    path.symlink_to("/dev/zero")


def holding(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def workbook_that_claims(size: int) -> bytes:
    """A zip that says in its directory how large a part will be."""
    whole = workbook(["名称", "住所"], ["公園", "高松市"])
    with zipfile.ZipFile(io.BytesIO(whole)) as zipped:
        real = zipped.getinfo("xl/worksheets/sheet1.xml").file_size
    return whole.replace(real.to_bytes(4, "little"), size.to_bytes(4, "little"))


def zipped_zeros(size: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet1.xml", b"0" * size)
    return content.getvalue()


BOMB = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a0 "ha">' + b"".join(
    b'<!ENTITY a%d "&a%d;&a%d;&a%d;&a%d;">' % (n, n - 1, n - 1, n - 1, n - 1) for n in range(1, 20)
)
JMA = b'<Report xmlns="http://xml.kishou.go.jp/jmaxml1/">'
FEEDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "an XML bomb": (holding(BOMB + b"]>" + JMA + b"&a19;</Report>"), "安全のため"),
    "an external entity": (
        holding(
            b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            + JMA
            + b"&a;</Report>"
        ),
        "安全のため",
    ),
    "10 GB of nothing": (sparse, "大きすぎ"),
    "zeros without end": (zeros_without_end, "大きすぎ"),
    "a workbook that claims 4 GB": (holding(workbook_that_claims(0xFFFFFFF0)), "大きく"),
    "a workbook that unpacks to 256 MB": (holding(zipped_zeros(256 << 20)), "大きく"),
    "elements without end": (holding(JMA + b"<a>" * 200_000), "読めません"),
    "elements within elements": (
        holding(JMA + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</Report>"),
        "。",
    ),
    "a list without a name": (holding("住所\n高松市\n".encode()), "。"),
    "a list of ten thousand columns": (
        holding(("名称" + ",列" * 10_000 + "\n公園\n").encode()),
        "列が多すぎ",
    ),
    "an encoding that nobody knows": (holding(b"\xff\xfe\xff\x00\x81"), "文字コード"),
    "an encoding that XML doesn't know": (
        holding(b'<?xml version="1.0" encoding="x-klingon"?><a/>'),
        "読めません",
    ),
    "NUL in a list": (holding("名称,住所\n公\0園,高松市\n".encode()), "表ではない"),
    "nothing at all": (holding(b""), "空です"),
    "a folder": (Path.mkdir, "開けません"),
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Village(tmp_path_factory.mktemp("town")).make("役場", Part.OFFICE)


@pytest.mark.parametrize("kind", one_a_day(list(FEEDS)))
def test_a_hostile_file_is_refused_and_the_good_ones_beside_it_are_taken(
    tmp_path: Path, office: Path, kind: str
) -> None:
    make, why = FEEDS[kind]
    make(tmp_path / "hostile")
    (tmp_path / "good.xml").write_bytes(telegram())
    before = stands_as(open_node(office)).entries
    said = measured("feed", tmp_path / "hostile", tmp_path / "good.xml", "--data", office)
    assert said.code == 1
    refused, taken = said.out.splitlines()
    assert refused.startswith("hostile: 取り込めません。")
    assert why in refused
    assert taken.startswith("good.xml: ")
    assert stands_as(open_node(office)).entries == max(1, before)
    assert said.peak_mb < PEAK_MB_MAX


def framed(kind: int, body: bytes, *, claims: int | None = None) -> bytes:
    length = len(body) if claims is None else claims
    return MARK + bytes([kind]) + length.to_bytes(4, "big") + body


def zstd_bomb(size: int) -> bytes:
    packer = zstandard.ZstdCompressor().compressobj(size=size)
    piece = bytes(1 << 20)
    packed = b"".join(packer.compress(piece) for _ in range(size >> 20)) + packer.flush()
    return cbor.encode([1, 1, packed])


def nested(depth: int) -> bytes:
    return b"\x81" * depth + b"\x00"


LABEL = framed(1, cbor.encode(["kairan"]))
CARRIED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a zstd bomb of 10 GB": (holding(LABEL + framed(2, zstd_bomb(10 * GIB))), "。"),
    "a parcel of 100,000 levels": (
        holding(LABEL + framed(2, cbor.encode([1, 0, nested(100_000)]))),
        "。",
    ),
    "a frame that claims 4 GB": (holding(framed(2, b"", claims=0xFFFFFFFF)), "束ファイルでは"),
    "an array that claims 2^60 items": (
        holding(LABEL + framed(2, b"\x9b" + (1 << 60).to_bytes(8, "big"))),
        "。",
    ),
    "a string that claims 10 GB": (
        holding(LABEL + framed(2, b"\x83\x01\x00\x5b" + (10 * GIB).to_bytes(8, "big"))),
        "。",
    ),
    "marks without end": (holding(MARK * 1_000_000), "束ファイルでは"),
    "10 GB of nothing": (sparse, "大きすぎ"),
    "zeros without end": (zeros_without_end, "大きすぎ"),
    "nothing at all": (holding(b""), "束ファイルでは"),
    "a folder": (Path.mkdir, "読めません"),
}


@pytest.mark.parametrize("kind", one_a_day(list(CARRIED)))
def test_a_hostile_carrier_file_is_refused_and_nothing_kept(
    tmp_path: Path, office: Path, kind: str
) -> None:
    make, why = CARRIED[kind]
    make(tmp_path / "hostile")
    before = stands_as(open_node(office))
    said = measured("import", tmp_path / "hostile", "--data", office)
    assert said.code == 1
    assert why in said.err
    assert len(said.err.splitlines()) == 1
    assert stands_as(open_node(office)) == before
    assert said.peak_mb < PEAK_MB_MAX


def test_a_carrier_file_of_another_town_is_refused_and_nothing_kept(
    tmp_path: Path, office: Path
) -> None:
    theirs = Village(tmp_path / "theirs", OTHER_TOWN, OTHER_TOWN_NAME).node()
    post_event(theirs)
    assert measured("export", tmp_path / "a.kairan", "--data", theirs.settings.folder).code == 0
    before = stands_as(open_node(office))
    said = measured("import", tmp_path / "a.kairan", "--data", office)
    assert said.code == 1
    assert "この町のものではありません" in said.err
    assert stands_as(open_node(office)) == before


def test_rows_with_too_few_or_too_many_cells_are_named_and_the_others_taken(
    tmp_path: Path, office: Path
) -> None:
    rows = "行事名,開催日,場所\n合唱,2031-04-05,館\nたりない会\n多い会,2031-04-06,庭,あ,い,う\n"
    (tmp_path / "list.csv").write_text(rows)
    said = measured("feed", tmp_path / "list.csv", "--data", office)
    assert said.code == 0
    assert "3行目" in said.out
    assert {"合唱", "多い会"} <= set(titles(open_node(office)))
