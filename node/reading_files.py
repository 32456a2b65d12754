"""The secrets with which this machine reads what is sealed: a file each, for its owner alone.

Where the machine has a seal (sync/machine/seal.py), each lies closed to it: then the disk alone
opens none of them, as it doesn't yield the machine's key.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from node.node import Node
from sync import sealing
from sync.machine.files import destroy, read_bounded, sync_folder, write_whole
from sync.machine.seal import opened_seal
from sync.sealing import KEY_BYTES

READING_FOLDER = "reading"

_OPEN, _CLOSED = ".key", ".closed"
_FILE_BYTES_MAX = 1_000
_DOMAIN = b"kairan/1 reading key file "


class Closed(Exception):
    """A secret is there, and what opens its file isn't."""


class Secrets:
    """The files of one machine: each a key, by the tag that messages have."""

    def __init__(self, folder: Path) -> None:
        """Of the machine in that folder; reads no secret yet."""
        self._folder = folder / READING_FOLDER
        self._seal = opened_seal(folder)

    def keep(self, secret: bytes, *, account: bytes | None = None) -> bytes:
        """Its public half; on the disk when this returns. `account`: whose alone it is."""
        public = sealing.public(secret)
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._folder.parent)
        content = f"{secret.hex()}\n{account.hex() if account else ''}\n".encode()
        self._write(sealing.tag(public), content)
        return public

    def of(self, tag: bytes) -> bytes | None:
        """The secret that opens what has that tag, if it is ours, there, and can be read."""
        secret, _ = self._read(tag)
        return secret if len(secret) == KEY_BYTES else None

    def account(self, tag: bytes) -> bytes | None:
        """Whose alone that key is, as entries name accounts; None: whoever keeps the place."""
        return self._read(tag)[1] or None

    def tags(self) -> Sequence[bytes]:
        """Of all that are here."""
        paths = [path for ending in (_OPEN, _CLOSED) for path in self._folder.glob(f"*{ending}")]
        names = sorted({path.stem for path in paths})
        try:
            return [bytes.fromhex(name) for name in names if not name.startswith(".")]
        except ValueError:  # somebody put a file there that is none of ours
            return []

    def close(self) -> None:
        """Whatever lies open is closed, where there is a seal; the open file is destroyed."""
        if self._seal is None:
            return
        for tag in self.tags():
            content = _content(self._path(tag, _OPEN))
            if len(_parsed(content)[0]) == KEY_BYTES:  # else it was being destroyed
                self._write(tag, content)
                if self._opened(tag) != content:
                    raise Closed
            destroy(self._path(tag, _OPEN))

    def check(self) -> None:
        """Raises Closed where one is here that can't be opened."""
        for tag in self.tags():
            if self._path(tag, _CLOSED).exists() and self.of(tag) is None:
                raise Closed

    def destroy(self, tag: bytes) -> None:
        """Write it over and take it away; what was sealed to it alone opens no more."""
        for ending in (_OPEN, _CLOSED):
            destroy(self._path(tag, ending))

    def _write(self, tag: bytes, content: bytes) -> None:
        if self._seal is None:
            write_whole(self._path(tag, _OPEN), content, mode=0o600)
            return
        closed = self._seal.close(content, about=_DOMAIN + tag)
        write_whole(self._path(tag, _CLOSED), closed, mode=0o600)

    def _read(self, tag: bytes) -> tuple[bytes, bytes]:
        return _parsed(self._opened(tag) or _content(self._path(tag, _OPEN)))

    def _opened(self, tag: bytes) -> bytes:
        if self._seal is None:
            return b""
        closed = _content(self._path(tag, _CLOSED))
        return self._seal.open(closed, about=_DOMAIN + tag) or b""

    def _path(self, tag: bytes, ending: str) -> Path:
        return self._folder / f"{tag.hex()}{ending}"


def _content(path: Path) -> bytes:
    try:
        return read_bounded(path, _FILE_BYTES_MAX) or b""
    except (FileNotFoundError, NotADirectoryError):
        return b""


def _parsed(content: bytes) -> tuple[bytes, bytes]:
    try:
        secret, account = map(bytes.fromhex, content.decode("ascii").split("\n")[:2])
    except ValueError:
        return b"", b""
    return secret, account


def secrets_of(node: Node) -> Secrets:
    """Those of this machine."""
    return Secrets(node.settings.folder)


def secrets_for(node: Node, tags: Sequence[bytes]) -> Iterator[bytes]:
    """Those of this machine that open what has these tags."""
    held = secrets_of(node)
    for tag in tags:
        if (secret := held.of(tag)) is not None:
            yield secret
