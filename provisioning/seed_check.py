"""Whether a seed folder will become the machine that it was made for, before it is sent away."""

from collections.abc import Iterator
from pathlib import Path

from sync.certificate import Role
from sync.errors import Malformed, Unverified
from sync.letters import fingerprint
from sync.machine.keys import load_identity
from sync.machine.opening import read_statements
from sync.machine.own_keys import has_key
from sync.machine.settings import (
    KEY_FILE,
    SEED_FILE,
    STATEMENTS_FILE,
    NotProvisioned,
    Settings,
    read_settings,
)
from sync.statement import read_statement
from sync.trust import Trust

_OTHERS = 0o077


def wrong_with(folder: Path) -> Iterator[str]:
    """All that is wrong with it, in words; nothing while all is well."""
    try:
        settings = read_settings(folder)
    except NotProvisioned as wrong:
        yield str(wrong)
        return
    if has_key(folder, KEY_FILE):
        yield "この機械には、もう自分の鍵があります。準備ファイルではないか、一度使ったものです。"
        return
    try:
        trust = _trust(settings)
    except (NotProvisioned, Malformed, Unverified) as wrong:
        yield f"町の証明（{STATEMENTS_FILE}）を読めません: {wrong}"
        return
    path = folder / SEED_FILE
    if not path.exists():
        return  # it will ask, by its QR
    try:
        seed = load_identity(path).public
    except (OSError, ValueError):
        yield f"準備ファイルの鍵（{path}）を読めません。作り直してください。"
        return
    if path.stat().st_mode & _OTHERS:
        yield f"準備ファイルの鍵（{path}）を、ほかの利用者も読めます。chmod 600 を打ってください。"
    certified = [
        c for c in trust.certificates(seed) if c.role is Role.ENROLMENT and settings.town in c.towns
    ]
    if not certified or trust.is_revoked(seed, settings.town):
        yield f"準備ファイルの鍵（指紋 {fingerprint(seed)}）を、町の鍵が認めていません。"
    elif certified[-1].name != settings.name:
        yield f"「{certified[-1].name}」のための鍵です。この機械は「{settings.name}」です。"


def _trust(settings: Settings) -> Trust:
    """Raises NotProvisioned, Malformed, Unverified."""
    statements = map(read_statement, read_statements(settings.folder / STATEMENTS_FILE))
    return Trust(settings.authorities).with_statements(statements)
