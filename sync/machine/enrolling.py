"""The first start of a machine that was set up with a seed: a member at once, with no line.

In its folder lie `seed.key` and, among its statements, what certifies that. It makes a key of its
own, certifies it, and wipes the seed, each once the one before is on the disk. Whenever the power
goes, the next start goes on with the same key: one seed, one machine.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sync import cbor
from sync.certificate import Certificate, Role, Voucher
from sync.enrolment import enrol
from sync.errors import Malformed, Unverified
from sync.machine.files import sync_folder, write_whole
from sync.machine.keys import load_identity, make_identity
from sync.machine.own_keys import has_key, keep_key, own_key
from sync.machine.settings import KEY_FILE, LEDGER_FILE, SEED_FILE, STATEMENTS_FILE
from sync.statement import Statement, read_statement


def grow_up(folder: Path) -> None:
    """Become the machine that the seed in there was made for, if one is.

    Raises OSError where the disk can't be written, ValueError for a seed without its certificate.
    """
    seed_path = folder / SEED_FILE
    try:
        file = seed_path.open("r+b")
    except FileNotFoundError:
        _make_first_key(folder)
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)  # several processes of a machine start at once
        if not seed_path.exists():
            return
        if not has_key(folder, KEY_FILE):
            keep_key(make_identity(), folder, KEY_FILE)
        own = own_key(folder, KEY_FILE)
        statements_path = folder / STATEMENTS_FILE
        held = statements_path.read_bytes()
        certificates = list(_certificates(held))
        if not any(of.by and of.key == own.public for _, of in certificates):
            seed = load_identity(seed_path)
            voucher = _voucher(certificates, seed.public)
            said = enrol(own.public, voucher, seed.private)
            write_whole(statements_path, held + cbor.encode(said))
        _wipe(file, seed_path)


def _make_first_key(folder: Path) -> None:
    """Of a machine that never ran, and has no seed: it will ask to be certified.

    One that did run is not given another key: it would be another machine.
    """
    if _ran(folder):
        return
    with _alone(folder):
        if not _ran(folder):
            keep_key(make_identity(), folder, KEY_FILE)


def _ran(folder: Path) -> bool:
    ledger = folder / LEDGER_FILE
    return has_key(folder, KEY_FILE) or ledger.exists() or ledger.with_suffix(".lives").exists()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _wipe(file: BinaryIO, path: Path) -> None:
    """As far as the disk forgets what is written over."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    file.write(bytes(size))
    file.flush()
    os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)


def _voucher(certificates: Iterable[tuple[Statement, Certificate]], seed: bytes) -> Voucher:
    for statement, of in certificates:
        if of.key == seed and of.role is Role.ENROLMENT:
            return Voucher(statement.signer, of, statement.encoded)
    raise ValueError("a seed without its certificate")


def _certificates(content: bytes) -> Iterator[tuple[Statement, Certificate]]:
    for item in cbor.sequence(content):
        with suppress(Malformed, Unverified):
            statement = read_statement(item) if isinstance(item, bytes) else None
            if statement is not None and statement.certificate is not None:
                yield statement, statement.certificate
