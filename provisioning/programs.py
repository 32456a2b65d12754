"""Other people's programs: found, started, waited for."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from node.refused import Refused

_PACKAGES = {
    "mcopy": "mtools",
    "mkfs.vfat": "dosfstools",
    "mmdebstrap": "mmdebstrap",
    "sfdisk": "fdisk",
    "sqfstar": "squashfs-tools",
}
"""Of programs that Debian doesn't have on every machine."""


def check_programs(*names: str) -> None:
    """Whether they are here. Raises Refused, with what to type."""
    missing = sorted({_PACKAGES[name] for name in names if shutil.which(name) is None})
    if missing:
        raise Refused(
            f"{'、'.join(missing)} がありません。"
            f"sudo apt-get install --no-install-recommends {' '.join(missing)} で入れてください。"
        )


def run(
    command: Sequence[str],
    why_not: str,
    *,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    reads: Path = Path(os.devnull),
) -> str:
    """What a command said; Refused, with its last words, where it failed."""
    with reads.open("rb") as given:
        done = subprocess.run(
            command,
            stdin=given,
            capture_output=True,
            text=True,
            cwd=folder,
            env=env,
            umask=0o022,  # who makes it may have another
        )
    if done.returncode:
        raise Refused(f"{why_not}\n{(done.stdout + done.stderr)[-2_000:].strip()}")
    return done.stdout
