"""Where what came for the guardian waits: words, and files of versions that some word names.

`kairan sync` puts them there; whoever reads them believes nothing of it.

    words.cbor              [1, this machine's key, [statement, …]]
    DIGEST.kairan-release   a file that came by some road
"""

from collections.abc import Iterable
from pathlib import Path

from sync import cbor
from sync.errors import Malformed, Unverified
from sync.machine.files import read_bounded, write_whole
from sync.machine.form import releases_folder
from sync.machine.version_files import FOR_OTHERS, name_of
from sync.release import Release
from sync.statement import read_statement
from sync.trust import Trust

INBOX_FOLDER = "updates"
"""In the machine's folder."""

WORDS_FILE = "words.cbor"
WORDS_BYTES_MAX = 4 << 20


def put_words(inbox: Path, *, key: bytes, statements: Iterable[bytes]) -> None:
    """Write down what is known now, if it is something else than before."""
    content = cbor.encode([1, key, list(statements)])
    path = inbox / WORDS_FILE
    if not path.exists() or path.read_bytes() != content:
        inbox.mkdir(exist_ok=True, mode=0o700)
        write_whole(path, content, mode=0o600)


def wanted(inbox: Path, *, town: str, authorities: tuple[bytes, ...]) -> Release | None:
    """What this machine should run, by words that hold; None where there is none.

    Raises OSError where it can't be read; what can't be understood says nothing.
    """
    try:
        content = read_bounded(inbox / WORDS_FILE, WORDS_BYTES_MAX)
    except FileNotFoundError:
        return None
    try:
        match cbor.decode(content or b"", bytes_max=WORDS_BYTES_MAX):
            case [1, bytes(key), list(encoded)]:
                pass
            case _:
                return None
    except Malformed:
        return None
    trust = Trust({town: authorities})
    for each in encoded:
        try:
            trust = trust.with_statements([read_statement(each)])
        except (Malformed, Unverified, TypeError):
            continue
    return trust.release_for(key, town)


def files_to_hand_on(folder: Path) -> list[Path]:
    """The folders in which whole files of versions lie, of the machine in that one."""
    releases = releases_folder()
    return [folder / FOR_OTHERS, *([releases] if releases else []), folder / INBOX_FOLDER]


def waiting_file(inbox: Path, release: Release) -> Path:
    """Where a file of that version would lie."""
    return inbox / name_of(release.digest)
