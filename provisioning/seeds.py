"""Many nodes at once, from a list: a seed folder for each, all of them or none.

Each line is looked at before anything is made, and everything that is wrong is told with its line.
What is made lies in a folder beside the wanted one until all of it is there; where the power goes
after that, and before the desk has said it, the next call finishes it and says so.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from node.feed.item import Unreadable
from node.feed.table import Row, csv_sheet
from node.pins import Pins
from provisioning.authority import Authority
from provisioning.town import Plan, make_seed
from sync.limits import NAME_CHARACTERS_MAX
from sync.machine.files import read_bounded, sync_folder, write_whole
from sync.machine.keys import Identity
from sync.machine.opening import read_statements
from sync.machine.pin import read_pin
from sync.machine.settings import (
    SETTINGS_FILE,
    STATEMENTS_FILE,
    NotProvisioned,
    Part,
    read_address,
    read_settings,
)
from sync.machine.toml import added
from sync.machine.wifi import Radio

NODES_MAX = 200
FOLDER_BYTES_MAX = 200
_LIST_BYTES_MAX = 1 << 20

COLUMNS: Mapping[str, str] = {
    "名前": "name",
    "ハブ": "hub",
    "ハブの鍵": "hub_pins",
    "相手の番地": "peers",
    "画面の番地": "called",
    "画面を消す時刻": "screen_off",
    "USBの場所": "sticks",
    "Wi-Fiの名前": "wifi",
    "Wi-Fiの合言葉": "password",
    "Wi-Fiの出し方": "radio",
}
"""Of a list, as people read them, to what they are; the English names do too."""

STICKS = "/media/kairan"
"""Where a machine of ours mounts sticks (provisioning/image), unless its line says otherwise."""

_COMPLETE = "complete"
_SETTINGS = ("called", "screen_off", "sticks")
_RADIO = {"この機械が出す": Radio.MAKES, "この機械がつなぐ": Radio.JOINS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One node to be."""

    line: int
    name: str
    hub: str | None = None
    hub_pins: tuple[bytes, ...] = ()
    peers: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is wrong with a line."""

    line: int
    why: str


class WrongLines(Exception):
    """Nothing was made. The message is for a screen."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        """All that is wrong, in the order of lines."""
        listed = "\n".join(f"  {each.line}行目: {each.why}" for each in wrong)
        super().__init__(
            f"一覧に直すところが{len(wrong)}か所あります。まだ何も作っていません。\n{listed}"
        )
        self.wrong = tuple(wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """One that was made, and the code of its first keeper."""

    name: str
    folder: Path
    code: str


def read_list(
    path: Path, *, hub: str | None = None, hub_pins: tuple[bytes, ...] = ()
) -> list[Wanted]:
    """The nodes in a CSV file; `hub`, and its keys: of those that name none. Raises WrongLines."""
    try:
        content = read_bounded(path, _LIST_BYTES_MAX)
        if content is None:
            raise Unreadable("大きすぎます。")
        rows = csv_sheet(content).rows
    except (OSError, Unreadable) as wrong:
        raise WrongLines([Wrong(line=1, why=f"読めません（{wrong}）")]) from wrong
    if not rows:
        raise WrongLines([Wrong(line=1, why="何も書かれていません。")])
    usual = Wanted(line=0, name="", hub=hub, hub_pins=hub_pins)
    columns, problems = _columns(rows[0])
    if problems:
        raise WrongLines(problems)
    wanted: list[Wanted] = []
    for row in rows[1:]:
        cells = {name: row.cell(at) for name, at in columns.items() if row.cell(at)}
        read = list(_read(row.number, cells, usual))
        problems += [each for each in read if isinstance(each, Wrong)]
        wanted += [each for each in read if isinstance(each, Wanted)]
        if len(row.cells) > len(rows[0].cells):
            problems.append(Wrong(line=row.number, why="見出しより列が多くあります。"))
    problems += check(wanted)
    if not rows[1:]:
        problems.append(Wrong(line=rows[0].number, why="見出しの下に、機械が1台もありません。"))
    if problems:
        raise WrongLines(sorted(problems, key=lambda each: each.line))
    return wanted


def _columns(head: Row) -> tuple[dict[str, int], list[Wrong]]:
    known = {**COLUMNS, **{name: name for name in COLUMNS.values()}}
    problems = [
        Wrong(line=head.number, why=f"「{cell}」という見出しは分かりません。")
        for cell in head.cells
        if cell not in known
    ]
    names = [known[cell] for cell in head.cells if cell in known]
    if len(names) != len(set(names)):
        problems.append(Wrong(line=head.number, why="同じ見出しが2つあります。"))
    if "name" not in names:
        problems.append(
            Wrong(
                line=head.number,
                why=f"見出しに「名前」がいります。使える見出し: {'、'.join(COLUMNS)}",
            )
        )
    return {known[cell]: at for at, cell in enumerate(head.cells) if cell in known}, problems


def _read(line: int, cells: Mapping[str, str], usual: Wanted) -> Iterator[Wanted | Wrong]:
    addresses: dict[str, list[str]] = {"hub": [], "peers": [], "called": []}
    for name, found in addresses.items():
        for text in cells.get(name, "").split():
            try:
                found.append(read_address(text))
            except ValueError:
                yield Wrong(line=line, why=f"「{text}」は番地ではありません（http://… の形です）。")
    pins: list[bytes] = []
    for text in cells.get("hub_pins", "").split():
        try:
            pins.append(read_pin(text))
        except ValueError:
            yield Wrong(line=line, why=f"「{text}」はハブの鍵ではありません（kairan hub-key）。")
    if len(addresses["hub"]) > 1:
        yield Wrong(line=line, why="ハブは1つだけです。")
    settings: dict[str, object] = {name: cells[name] for name in _SETTINGS if name in cells}
    if "wifi" in cells:
        beside = {"password": cells["password"]} if "password" in cells else {}
        if (wished := cells.get("radio")) is not None:
            if wished in _RADIO:
                beside["radio"] = str(_RADIO[wished])
            else:
                why = f"Wi-Fiの出し方は、{'か'.join(f'「{each}」' for each in _RADIO)}です。"
                yield Wrong(line=line, why=why)
        settings["wifi"] = {"name": cells["wifi"], **beside}
    elif "password" in cells or "radio" in cells:
        yield Wrong(line=line, why="Wi-Fiの合言葉か出し方だけがあり、名前がありません。")
    yield Wanted(
        line=line,
        name=cells.get("name", ""),
        hub=addresses["hub"][0] if addresses["hub"] else usual.hub,
        hub_pins=tuple(pins) if addresses["hub"] or pins else usual.hub_pins,
        peers=tuple(addresses["peers"]),
        settings=settings,
    )


def check(wanted: Sequence[Wanted]) -> list[Wrong]:
    """What is wrong with them beside each other, and by their names."""
    problems: list[Wrong] = []
    first: dict[str, int] = {}
    for each in wanted:
        if not 0 < len(each.name) <= NAME_CHARACTERS_MAX:
            why = f"名前は1文字から{NAME_CHARACTERS_MAX}文字までです。"
            problems.append(Wrong(line=each.line, why=why))
        elif not _is_a_folder(each.name):
            why = f"「{each.name}」は、フォルダーの名前に使えません（「/」や長すぎる名前など）。"
            problems.append(Wrong(line=each.line, why=why))
        elif (line := first.setdefault(each.name, each.line)) != each.line:
            why = f"「{each.name}」は{line}行目にもあります。"
            problems.append(Wrong(line=each.line, why=why))
    if len(wanted) > NODES_MAX:
        why = f"一度に{NODES_MAX}台までです。一覧を分けてください。"
        problems.append(Wrong(line=wanted[NODES_MAX].line, why=why))
    return problems


def _is_a_folder(name: str) -> bool:
    return (
        not name.startswith(".")
        and not {"/", "\0", "\n"} & set(name)
        and len(name.encode()) <= FOLDER_BYTES_MAX
    )


def already_there(desk: Authority, wanted: Sequence[Wanted]) -> list[Wrong]:
    """Those that the town has a machine of that name of: a second one needs a person's word."""
    trust = desk.trust
    names = {
        trust.name(key) for key in sorted(trust.keys()) if not trust.is_revoked(key, desk.code)
    }
    return [
        Wrong(line=each.line, why=f"「{each.name}」という機械は、この町にもうあります。")
        for each in wanted
        if each.name in names
    ]


def make_seeds(
    desk: Authority, wanted: Sequence[Wanted], out: Path, authority: Identity | None
) -> tuple[Authority, list[Seed]]:
    """A folder in `out` for each, by name. Raises WrongLines, FileExistsError; OSError.

    Without the authority's key they ask to be certified by the QR that they show.
    """
    if out.exists():
        raise FileExistsError(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=_beside(out)) as beside:
        made, nodes = Path(beside) / "made", Path(beside) / "desk"
        made.mkdir(mode=0o700)
        nodes.mkdir()
        draft = replace(desk, folder=nodes)
        codes: list[str] = []
        problems: list[Wrong] = []
        for each in wanted:
            folder = made / each.name
            plan = Plan(
                folder=folder,
                name=each.name,
                part=Part.NODE,
                hub=each.hub,
                hub_pins=each.hub_pins,
                peers=each.peers,
            )
            draft = make_seed(draft, plan, authority)
            problems += _set(folder, each)
            codes.append(Pins(folder).make_code())
        if problems:
            raise WrongLines(problems)
        for folder in (*made.iterdir(), made):
            folder.chmod(0o700)
            sync_folder(folder)
        write_whole(Path(beside) / _COMPLETE, b"")
        after = _finish(desk, Path(beside), out)
    return after, [
        Seed(name=each.name, folder=out / each.name, code=code)
        for each, code in zip(wanted, codes, strict=True)
    ]


def _beside(out: Path) -> str:
    """How the name begins of the folder in which it is made."""
    return f".{out.name}.kairan-"


def _finish(desk: Authority, beside: Path, out: Path) -> Authority:
    """Say what is to be said of them, and let them be there."""
    said = read_statements(beside / "desk" / STATEMENTS_FILE)
    after = desk.say(*(each for each in said if each not in desk.said))
    (beside / "made").rename(out)
    sync_folder(out.parent)
    return after


def finish(desk: Authority, out: Path) -> list[Seed]:
    """What is left where the power went: made whole if it can be, with new codes, or removed."""
    seeds: list[Seed] = []
    left = list(out.parent.iterdir()) if out.parent.is_dir() else []
    for beside in (path for path in left if path.name.startswith(_beside(out))):
        if (beside / _COMPLETE).exists() and (beside / "made").exists() and not out.exists():
            _finish(desk, beside, out)
            seeds = [
                Seed(name=folder.name, folder=folder, code=Pins(folder).make_code())
                for folder in sorted(out.iterdir())
            ]
        shutil.rmtree(beside)
    return seeds


def _set(folder: Path, wanted: Wanted) -> Iterator[Wrong]:
    """What is set for the place, as the machine itself will read it."""
    path = folder / SETTINGS_FILE
    settings = {"sticks": STICKS, **wanted.settings}
    try:
        write_whole(path, added(path.read_text(), settings).encode())
        read_settings(folder)
    except (ValueError, NotProvisioned) as wrong:
        said = str(wrong).removeprefix(f"{path} ")
        yield Wrong(line=wanted.line, why=f"設定が正しくありません: {said}")
