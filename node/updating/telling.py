"""Which version a machine runs and what became of the last one that came, by its own word and in
words.

The register `release` (docs/spec/7-registers.md) tells the others, so the office sees who runs
what.
"""

from contextlib import suppress
from dataclasses import dataclass

from node.node import SOFTWARE, Node
from node.updating.coming import awaited, half_of, has_room
from node.updating.inbox import INBOX_FOLDER, waiting_file
from node.updating.shelf import Outcome, State, read_state
from sync import cbor
from sync.errors import Malformed
from sync.limits import COUNTER_MAX, REGISTER_VALUE_BYTES_MAX, SOFTWARE_CHARACTERS_MAX
from sync.machine.form import releases_folder
from sync.register import Register

REGISTER = "release"

_BECAME = {
    Outcome.UNHEALTHY: "ためしたところ動かなかったので、入れませんでした",
    Outcome.WENT_BACK: "入れたところうまく動かなかったので、前の版に戻しました",
    Outcome.NO_PERMIT: "いまの版より古く、戻す許しがないので、入れませんでした",
    Outcome.OTHER_BASE: "この機械のイメージに合わないので、入れませんでした",
    Outcome.OLDER_LEDGER: "いまの台帳を読めない版なので、入れませんでした",
    Outcome.DAMAGED: "届いたファイルが壊れているか、署名されたものと違うので、入れませんでした",
    Outcome.NO_ROOM: "記憶装置の空きが足りないので、まだ入れていません",
}
_TODO = {
    Outcome.DAMAGED: "ファイルを、もう一度運んでください。",
    Outcome.NO_ROOM: "いらないファイルを片づけてください。",
}
_ELSE = "掲示板は使えます。役場の係に知らせてください。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """How it stands with a machine's versions."""

    number: int  # of what runs; 0: the one of its image
    version: str
    trying: str = ""  # what is being tried just now
    waits_for: str = ""  # what it should run, and whose file isn't here yet
    size: int = 0  # of that file, in bytes
    arrived: int = 0  # of these, by line
    no_room: bool = False  # for the rest
    metered: bool = False  # it isn't fetched from the hub
    last: str = ""  # what came last; "" where nothing did
    last_number: int = 0
    outcome: str = ""  # what became of it


def update(node: Node) -> Update | None:
    """Of this machine; None where no versions are tried."""
    folder = releases_folder()
    if folder is None:
        return None
    state = read_state(folder) or State()
    standing, last = state.standing, state.last
    release = awaited(node)
    arrived = 0
    if release is not None:
        half = half_of(waiting_file(node.settings.folder / INBOX_FOLDER, release))
        with suppress(FileNotFoundError):
            arrived = half.stat().st_size
    return Update(
        number=standing.number if standing else 0,
        version=standing.version if standing else SOFTWARE,
        trying=state.trial.version.version if state.trial else "",
        waits_for=release.version if release else "",
        size=release.size if release else 0,
        arrived=arrived,
        metered=node.settings.metered,
        no_room=release is not None and not has_room(node, release, arrived=arrived),
        last=last.version if last else "",
        last_number=last.number if last else 0,
        outcome=str(last.outcome) if last else "",
    )


def became(version: str, outcome: str) -> str:
    """What became of a version, without its full stop; "" where all is well."""
    for known, words in _BECAME.items():
        if outcome == known:
            return f"新しい版（{version}）は、{words}"
    return ""


def what_to_do(outcome: str) -> str:
    """After that."""
    return next((todo for known, todo in _TODO.items() if known == outcome), _ELSE)


def value(update: Update) -> dict[int, object]:
    """As it stands in the register."""
    return {
        1: 1,
        2: update.number,
        3: update.version[:SOFTWARE_CHARACTERS_MAX],
        4: update.last_number,
        5: update.last,
        6: update.outcome,
    }


def read_value(register: Register) -> Update | None:
    """What such a register says; None if it is another, or can't be read."""
    if register.name != REGISTER:
        return None
    with suppress(Malformed):
        match cbor.decode(register.value, bytes_max=REGISTER_VALUE_BYTES_MAX):
            case {
                1: 1,
                2: int(number),
                3: str(version),
                4: int(last_number),
                5: str(last),
                6: str(outcome),
            } if (
                cbor.are_integers(number, last_number)
                and all(0 <= n <= COUNTER_MAX for n in (number, last_number))
                and all(len(text) <= SOFTWARE_CHARACTERS_MAX for text in (version, last, outcome))
            ):
                return Update(
                    number=number,
                    version=version,
                    last=last,
                    last_number=last_number,
                    outcome=outcome,
                )
    return None
