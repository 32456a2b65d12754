"""The keys that a machine signs with, in its folder: open files for their owner alone, or closed
to the machine's seal.

A key lies open only where no seal was at hand when it was made. What is closed says whose it is,
so a machine whose seal can't be opened still knows who it is; it signs nothing.
"""

from pathlib import Path

from sync.machine.files import destroy, read_from_disk, write_whole
from sync.machine.keys import Identity, identity_of, load_identity, save_identity, secret
from sync.machine.seal import opened_seal

CLOSED = ".closed"
"""What a name ends in then, in the place of `.key`."""

_DOMAIN = b"kairan/1 key file "
_PUBLIC_BYTES = 32
_FILE_BYTES_MAX = 1_000


def closed_path(folder: Path, name: str) -> Path:
    """Where the key of that name lies closed, if it does."""
    return (folder / name).with_suffix(CLOSED)


def has_key(folder: Path, name: str) -> bool:
    """Whether the machine has one of that name, however it lies there."""
    return (folder / name).exists() or closed_path(folder, name).exists()


def keep_key(identity: Identity, folder: Path, name: str) -> None:
    """On the disk when this returns, and closed where there is a seal: it never lay there open."""
    if not _close(identity, folder, name):
        save_identity(identity, folder / name)


def own_key(folder: Path, name: str) -> Identity:
    """The key of that name. Raises OSError, or ValueError for a file that holds no key."""
    try:
        closed = read_from_disk(closed_path(folder, name), _FILE_BYTES_MAX)
    except FileNotFoundError:
        return load_identity(folder / name)
    if closed is None or len(closed) <= _PUBLIC_BYTES:
        raise ValueError(f"{closed_path(folder, name)} holds no key")
    opened = _opened(closed, folder, name)
    if opened is None and (folder / name).exists():  # it was being closed when the power went
        return load_identity(folder / name)
    return opened or Identity(closed[:_PUBLIC_BYTES])


def opens_by_now(folder: Path, name: str) -> bool:
    """Whether one that lay closed could be opened: the seal was, since."""
    try:
        return not own_key(folder, name).is_closed
    except (OSError, ValueError):
        return False


def close_key(folder: Path, name: str) -> None:
    """Close the one of that name that lies open, where there is a seal.

    The open file is destroyed once the closed one was read again from the disk. Raises OSError,
    ValueError.
    """
    path = folder / name
    if opened_seal(folder) is None or not path.exists():
        return
    closed = read_closed(folder, name)
    if closed is None:
        identity = load_identity(path)
        _close(identity, folder, name)
        closed = read_closed(folder, name)
        if closed is None or closed.public != identity.public:
            raise ValueError(f"{closed_path(folder, name)} is not what was written")
    destroy(path)


def read_closed(folder: Path, name: str) -> Identity | None:
    """The one that lies closed, from the disk; None where none does that the seal opens."""
    try:
        closed = read_from_disk(closed_path(folder, name), _FILE_BYTES_MAX) or b""
    except FileNotFoundError:
        return None
    return _opened(closed, folder, name)


def _close(identity: Identity, folder: Path, name: str) -> bool:
    seal = opened_seal(folder)
    if seal is None:
        return False
    public = identity.public
    closed = seal.close(secret(identity), about=_about(name, public))
    write_whole(closed_path(folder, name), public + closed, mode=0o600)
    return True


def _opened(closed: bytes, folder: Path, name: str) -> Identity | None:
    seal = opened_seal(folder)
    public, rest = closed[:_PUBLIC_BYTES], closed[_PUBLIC_BYTES:]
    opened = seal.open(rest, about=_about(name, public)) if seal else None
    return identity_of(opened) if opened is not None else None


def _about(name: str, public: bytes) -> bytes:
    return _DOMAIN + name.encode() + b" " + public
