"""What opens an account at this machine: PINs and codes, as hashes in a file that never leaves it.

A wrong try is on the disk before it is known to be wrong, so neither a restart nor a pulled plug
gives another one for nothing. Who tried too often waits, longer each time up to a quarter of an
hour, and never for good. What is tried while one waits isn't looked at, and makes nothing longer.
"""

import fcntl
import hmac
import itertools
import json
import os
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from sync.machine import clock, keys
from sync.machine.files import read_bounded, write_whole

PINS_FILE = "pins.json"
FIRST = "first"
"""In the place of an account: the code that makes the first one."""

_NOBODY = "nobody"
"""In the place of an account: what is tried under names that nobody has is counted there."""
_NAMES_MAX = 512  # tried in vain that are remembered

PASSPHRASES_FILE = "passphrases.json"
PASSPHRASE_LETTERS_MIN, PASSPHRASE_LETTERS_MAX, PASSPHRASE_KINDS_MIN = 12, 200, 6

PIN_DIGITS_MIN, PIN_DIGITS_MAX = 6, 12
CODE_DIGITS = 10
CODE_TRIES_MAX = 10
FREE_TRIES = 3
WAIT_SECONDS, WAIT_SECONDS_MAX = 30, 900
QUEUE_MAX = 4
QUEUE_SECONDS = 3.0

_FILE_BYTES_MAX = 1 << 20
_SALT_BYTES, _HASH_BYTES = 16, 32
_PASSES, _MEMORY_KIB = 3, 64 << 10
_PASSES_MAX, _MEMORY_KIB_MAX = 8, 256 << 10


class Wrong(Exception):
    """That isn't it."""


class Wait(Exception):
    """Tried too often; nothing was looked at."""

    def __init__(self, seconds: float) -> None:
        """`seconds` until the next try."""
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


class Busy(Exception):
    """Too many try at once; nothing was looked at."""


class Weak(Exception):
    """No PIN to choose: too short, too long, or the first that anybody would try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A PIN or a code, as it is kept."""

    salt: str
    hash: str
    passes: int
    memory_kib: int
    is_code: bool
    wrong: int = 0  # tries since the last right one


class Pins:
    """Those of one machine. One process judges tries; others may make codes."""

    def __init__(
        self,
        folder: Path,
        *,
        file: str = PINS_FILE,
        running: Callable[[], float] = clock.running,
    ) -> None:
        """Reads nothing yet. `file`: PINS_FILE, or PASSPHRASES_FILE for what opens elsewhere."""
        self._path = folder / file
        self._is_weak = is_weak_passphrase if file == PASSPHRASES_FILE else is_weak
        self._running = running
        self._began = running()
        self._until: dict[str, float] = {}
        self._in_vain: OrderedDict[str, int] = OrderedDict()
        self._one = threading.Lock()
        self._queue = threading.BoundedSemaphore(QUEUE_MAX)

    def kept(self) -> frozenset[str]:
        """The accounts that have a PIN."""
        opens = {name for name, secret in self._read().items() if not secret.is_code}
        return frozenset(opens - {_NOBODY})

    def coded(self) -> frozenset[str]:
        """Those that wait for their code to be typed; FIRST among them where it was made."""
        return frozenset(name for name, secret in self._read().items() if secret.is_code)

    def try_(self, account: str, typed: str) -> bool:
        """Whether that opened it by PIN (True) or by its code (False), which holds until `choose`.

        Raises Wrong, Wait, Busy; OSError where the disk takes no note of the try.
        """
        with self._in_turn():
            return self._try(account, typed)

    def try_in_vain(self, name: str, typed: str) -> None:
        """For a name that nobody has: as long as `try_`, with the same waits, and always wrong.

        So whoever tries names learns of none; but for a wait that was forgotten at a restart.
        """
        with self._in_turn():
            tried = self._in_vain.get(name, 0)
            key = f"{_NOBODY} {name}"
            if (seconds := self._seconds_left(key, tried)) > 0:
                raise Wait(seconds)
            with self._changing() as secrets:
                nobody = secrets.get(_NOBODY) or replace(
                    _empty(is_code=False), hash=keys.key_salt(_HASH_BYTES).hex()
                )
                secrets[_NOBODY] = replace(nobody, wrong=(nobody.wrong + 1) % 1_000_000)
            _hash(typed, nobody)
            with self._changing():
                self._in_vain[name] = tried + 1
                self._in_vain.move_to_end(name)
            self._until[key] = self._running() + _wait(tried + 1)
            while len(self._in_vain) > _NAMES_MAX:
                forgotten, _ = self._in_vain.popitem(last=False)
                self._until.pop(f"{_NOBODY} {forgotten}", None)
        raise Wrong

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._queue.acquire(blocking=False):
            raise Busy
        try:
            if not self._one.acquire(timeout=QUEUE_SECONDS):
                raise Busy
            try:
                yield
            finally:
                self._one.release()
        finally:
            self._queue.release()

    def _try(self, account: str, typed: str) -> bool:
        with self._changing() as secrets:
            secret = secrets.get(account)
            if secret is None:
                raise Wrong
            if (seconds := self._seconds_left(account, secret.wrong)) > 0:
                raise Wait(seconds)
            secrets[account] = replace(secret, wrong=secret.wrong + 1)
        right = hmac.compare_digest(_hash(typed, secret), bytes.fromhex(secret.hash))
        with self._changing() as secrets:
            now = secrets.get(account)
            right = right and now is not None and now.hash == secret.hash
            if right:
                secrets[account] = replace(secret, wrong=0)
            elif now is not None and now.is_code and now.wrong >= CODE_TRIES_MAX:
                del secrets[account]
        if not right:
            self._until[account] = self._running() + _wait(now.wrong if now else 0)
            raise Wrong
        self._until.pop(account, None)
        return not secret.is_code

    def choose(self, account: str, pin: str) -> None:
        """Give an account its PIN, in the place of PIN or code. Raises Weak."""
        if self._is_weak(pin):
            raise Weak
        secret = self._secret(pin, is_code=False)
        with self._changing() as secrets:
            secrets[account] = secret
        self._until.pop(account, None)

    def make_code(self, account: str = FIRST) -> str:
        """A code with which somebody chooses the PIN once; an old PIN holds no more."""
        code = keys.digits(CODE_DIGITS)
        secret = self._secret(code, is_code=True)
        with self._changing() as secrets:
            secrets[account] = secret
        self._until.pop(account, None)
        return code

    def change_code(self, account: str, code: str) -> None:
        """Another code that opens it; who tried the one before too often waits on."""
        secret = self._secret(code, is_code=True)
        with self._changing() as secrets:
            before = secrets.get(account)
            secrets[account] = replace(secret, wrong=before.wrong if before else 0)

    def take_back(self, content: bytes) -> int:
        """The PINs in another file of this kind, of accounts that have nothing here; how many.

        Codes aren't taken: whoever was given one a while ago gets another.
        """
        back = {name: each for name, each in _read(content).items() if not each.is_code}
        back.pop(_NOBODY, None)
        with self._changing() as secrets:
            new = {name: each for name, each in back.items() if name not in secrets}
            secrets.update(new)
        return len(new)

    def proof(self, account: str) -> str:
        """What is another as soon as another secret, or none, opens the account."""
        secret = self._read().get(account)
        return f"{secret.salt} {secret.hash}" if secret else ""

    def forget(self, account: str) -> None:
        """It opens nothing here any more."""
        with self._changing() as secrets:
            secrets.pop(account, None)

    def _seconds_left(self, account: str, wrong: int) -> float:
        """After a restart the whole wait begins again: how long ago the try was nobody knows.

        Who has tried nothing in vain waits for nothing: another process may have given a new PIN.
        """
        if wrong < FREE_TRIES:
            return 0
        until = self._until.get(account, self._began + _wait(wrong))
        return until - self._running()

    def _secret(self, typed: str, *, is_code: bool) -> Secret:
        empty = _empty(is_code=is_code)
        return replace(empty, hash=_hash(typed, empty).hex())

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Secret]]:
        """All of them, to be changed; written if they were, and nobody else writes meanwhile."""
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            before = self._read()
            secrets = dict(before)
            yield secrets
            if secrets != before:
                content = {name: asdict(secret) for name, secret in sorted(secrets.items())}
                write_whole(self._path, json.dumps(content, indent=1).encode(), mode=0o600)
        finally:
            os.close(descriptor)

    def _read(self) -> Mapping[str, Secret]:
        """A file that can't be read opens nothing."""
        try:
            return _read(read_bounded(self._path, _FILE_BYTES_MAX) or b"")
        except FileNotFoundError:
            return {}


def _read(content: bytes) -> Mapping[str, Secret]:
    try:
        told = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    found = told.items() if isinstance(told, dict) else ()
    read = {str(name): _read_secret(said) for name, said in found}
    return {name: secret for name, secret in read.items() if secret is not None}


def grouped(code: str) -> str:
    """A code as people read it to each other."""
    return f"{code[:4]} {code[4:7]} {code[7:]}"


def is_weak(pin: str) -> bool:
    """Whether it is no six to twelve digits, or one digit again and again, or 123456."""
    if not (pin.isascii() and pin.isdigit() and PIN_DIGITS_MIN <= len(pin) <= PIN_DIGITS_MAX):
        return True
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    return len(steps) == 1


def as_passphrase(typed: str) -> str:
    """The same, however it was typed: wide or narrow, large or small, spaces of any kind."""
    plain = unicodedata.normalize("NFKC", typed[:PASSPHRASE_LETTERS_MAX]).casefold()
    return " ".join(plain.split())


def is_weak_passphrase(typed: str) -> bool:
    """Whether it is too short, or the same few letters again and again, or has letters that can't
    be typed into a field that hides them: browsers take no kana or kanji there.
    """
    letters = typed.replace(" ", "")
    is_short = len(letters) < PASSPHRASE_LETTERS_MIN or len(set(letters)) < PASSPHRASE_KINDS_MIN
    return is_short or not letters.isascii()


def _empty(*, is_code: bool) -> Secret:
    return Secret(
        salt=keys.key_salt(_SALT_BYTES).hex(),
        hash="",
        passes=_PASSES,
        memory_kib=_MEMORY_KIB,
        is_code=is_code,
    )


def _wait(wrong: int) -> float:
    if wrong < FREE_TRIES:
        return 0
    return min(WAIT_SECONDS_MAX, WAIT_SECONDS << min(wrong - FREE_TRIES, 10))


def _hash(typed: str, secret: Secret) -> bytes:
    return Argon2id(
        salt=bytes.fromhex(secret.salt),
        length=_HASH_BYTES,
        iterations=secret.passes,
        lanes=1,
        memory_cost=secret.memory_kib,
    ).derive(typed.encode(errors="replace"))


def _read_secret(said: object) -> Secret | None:
    match said:
        case {
            "salt": str(salt),
            "hash": str(hash_),
            "passes": int(passes),
            "memory_kib": int(memory),
            "is_code": bool(is_code),
            "wrong": int(wrong),
        } if (
            1 <= passes <= _PASSES_MAX
            and 1 << 10 <= memory <= _MEMORY_KIB_MAX
            and wrong >= 0
            and _is_hex(salt, _SALT_BYTES)
            and _is_hex(hash_, _HASH_BYTES)
        ):
            return Secret(
                salt=salt,
                hash=hash_,
                passes=passes,
                memory_kib=memory,
                is_code=is_code,
                wrong=wrong,
            )
        case _:
            return None


def _is_hex(text: str, size: int) -> bool:
    try:
        return len(bytes.fromhex(text)) == size
    except ValueError:
        return False
