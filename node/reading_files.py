"""The secrets with which this machine reads what is sealed: a file each, for its owner alone."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from node.node import Node
from sync import sealing
from sync.machine.files import read_bounded, sync_folder, write_whole
from sync.sealing import KEY_BYTES

READING_FOLDER = "reading"
_ENDING = ".key"
_FILE_BYTES_MAX = 1_000


class Secrets:
    """The files of one machine: each a key, by the tag that messages have."""

    def __init__(self, folder: Path) -> None:
        """Of the machine in that folder; reads nothing yet."""
        self._folder = folder / READING_FOLDER

    def keep(self, secret: bytes, *, account: bytes | None = None) -> bytes:
        """Its public half; on the disk when this returns. `account`: whose alone it is."""
        public = sealing.public(secret)
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._folder.parent)
        content = f"{secret.hex()}\n{account.hex() if account else ''}\n"
        write_whole(self._path(sealing.tag(public)), content.encode(), mode=0o600)
        return public

    def of(self, tag: bytes) -> bytes | None:
        """The secret that opens what has that tag, if it is ours and there."""
        secret, _ = self._read(tag)
        return secret if len(secret) == KEY_BYTES else None

    def account(self, tag: bytes) -> bytes | None:
        """Whose alone that key is, as entries name accounts; None: whoever keeps the place."""
        return self._read(tag)[1] or None

    def tags(self) -> Sequence[bytes]:
        """Of all that are here."""
        try:
            names = sorted(path.stem for path in self._folder.glob(f"*{_ENDING}"))
            return [bytes.fromhex(name) for name in names if not name.startswith(".")]
        except ValueError:  # somebody put a file there that is none of ours
            return []

    def _read(self, tag: bytes) -> tuple[bytes, bytes]:
        try:
            content = read_bounded(self._path(tag), _FILE_BYTES_MAX) or b""
            secret, account = map(bytes.fromhex, content.decode("ascii").split("\n")[:2])
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return b"", b""
        return secret, account

    def destroy(self, tag: bytes) -> None:
        """Write it over and take it away; what was sealed to it alone opens no more."""
        path = self._path(tag)
        try:
            with path.open("r+b") as file:
                file.write(bytes(2 * KEY_BYTES))  # as hex
                file.flush()
                os.fsync(file.fileno())
        except FileNotFoundError:
            return
        path.unlink()
        sync_folder(self._folder)

    def _path(self, tag: bytes) -> Path:
        return self._folder / f"{tag.hex()}{_ENDING}"


def secrets_of(node: Node) -> Secrets:
    """Those of this machine."""
    return Secrets(node.settings.folder)


def secrets_for(node: Node, tags: Sequence[bytes]) -> Iterator[bytes]:
    """Those of this machine that open what has these tags."""
    held = secrets_of(node)
    for tag in tags:
        if (secret := held.of(tag)) is not None:
            yield secret
