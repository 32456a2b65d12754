"""Which version a machine runs and what became of the last one that came, by its own word and in
words.

The register `release` (docs/spec/7-registers.md) tells the others, so the office sees who runs
what.
"""

from contextlib import suppress
from dataclasses import dataclass

from node.node import SOFTWARE, Node
from node.updating.inbox import INBOX_FOLDER, waiting_file
from node.updating.shelf import Outcome, State, read_state
from sync import cbor
from sync.errors import Malformed
from sync.limits import COUNTER_MAX, REGISTER_VALUE_BYTES_MAX, SOFTWARE_CHARACTERS_MAX
from sync.machine.form import releases_folder
from sync.register import Register
from sync.release import Release

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
    release = node.ledger.trust().release_for(node.identity.public, node.settings.town)
    return Update(
        number=standing.number if standing else 0,
        version=standing.version if standing else SOFTWARE,
        trying=state.trial.version.version if state.trial else "",
        waits_for=release.version if release and _is_waited_for(node, release, state) else "",
        last=last.version if last else "",
        last_number=last.number if last else 0,
        outcome=str(last.outcome) if last else "",
    )


def _is_waited_for(node: Node, release: Release, state: State) -> bool:
    inbox = node.settings.folder / INBOX_FOLDER
    same = state.standing is not None and state.standing.digest == release.digest.hex()
    new = release.counter > state.counter and state.trial is None and not same
    return new and not waiting_file(inbox, release).exists()


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
