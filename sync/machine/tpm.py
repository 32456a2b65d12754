"""The machine's TPM, asked by systemd's own program (systemd-creds(1)).

What it closes, it opens, whatever else changes in the machine: firmware, its settings, the kernel.
Whoever has the whole machine has it opened too; the disk alone is of no use (docs/decisions/0051).
"""

import os
import socket
import struct
import subprocess
from contextlib import suppress
from pathlib import Path
from threading import Event

from sync.machine import clock

DEVICE = "/dev/tpmrm0"
FIRMWARE_SAYS = Path("/sys/firmware/acpi/tables/TPM2")
"""There where the firmware speaks of one, perhaps before the kernel is ready for it."""

_CREDS = "systemd-creds"
_SWTPM = "swtpm:path="
_NAME = "--name=kairan-seal"
_PCR = 23
"""For applications, and nobody's: zeros at each start. One has to be named, for systemd 252 doesn't
open again what it closed to none, and left out it is what Secure Boot was that day (7)."""

_POWER_MAY_GO = struct.pack(">HIIH", 0x8001, 12, 0x145, 0)
"""TPM2_Shutdown(CLEAR). To a TPM whose power goes without it, that was somebody who guesses; after
a few of them it opens nothing for a while (TPM 2.0 part 1, "Dictionary Attack Protection")."""

_NOBODY_GUESSED = struct.pack(">HIIIIIHBH", 0x8002, 27, 0x139, 0x4000000A, 9, 0x40000009, 0, 0, 0)
"""TPM2_DictionaryAttackLockReset, where nobody set a password for it."""

_ANSWER_BYTES_MAX = 4_096
_ASK_SECONDS_MAX = 60.0
_LOOK_SECONDS = 0.2


class CannotAsk(Exception):
    """It didn't do what it was asked for; as its program says it."""


class Tpm:
    """One, by the device that leads to it, or as tpm2-tss names it (`swtpm:path=…`)."""

    def __init__(self, device: str = DEVICE) -> None:
        self._device = device

    @property
    def is_spoken_of(self) -> bool:
        """Whether the machine has one, though it may not be ready yet."""
        return FIRMWARE_SAYS.exists() or not self._has_path or Path(self._device).exists()

    @property
    def _has_path(self) -> bool:
        return self._device.startswith("/")

    def is_there(self, *, within_seconds: float) -> bool:
        """Whether it can be asked, perhaps once the kernel and udev are done with it."""
        if not self._has_path:
            return True
        until = clock.running() + within_seconds
        while not os.access(self._device, os.R_OK | os.W_OK):
            if clock.running() >= until:
                return False
            Event().wait(_LOOK_SECONDS)
        return True

    def close(self, content: bytes) -> bytes:
        """What this TPM alone opens. Raises CannotAsk."""
        return self._ask("encrypt", content, "--with-key=tpm2", f"--tpm2-pcrs={_PCR}")

    def open(self, closed: bytes) -> bytes:
        """What was closed. Raises CannotAsk."""
        return self._ask("decrypt", closed)

    def let_power_go(self) -> None:
        """Whenever it goes from now on, that is no harm; said after each use."""
        self._tell(_POWER_MAY_GO)

    def forget_guesses(self) -> None:
        """What went without a word, too, is forgotten."""
        self._tell(_NOBODY_GUESSED)

    def _tell(self, command: bytes) -> None:
        """What only makes it easier to live with; one that can't goes on as it is."""
        with suppress(OSError):
            if self._device.startswith(_SWTPM):
                with socket.socket(socket.AF_UNIX) as tpm:
                    tpm.settimeout(_ASK_SECONDS_MAX)
                    tpm.connect(self._device.removeprefix(_SWTPM))
                    tpm.sendall(command)
                    tpm.recv(_ANSWER_BYTES_MAX)
            else:
                with Path(self._device).open("r+b", buffering=0) as device:
                    device.write(command)
                    device.read(_ANSWER_BYTES_MAX)

    def _ask(self, verb: str, content: bytes, *how: str) -> bytes:
        command = [_CREDS, verb, _NAME, *how, "-", "-"]
        # The program's own option leaves out how tpm2-tss names one.
        env = {**os.environ, "SYSTEMD_TPM2_DEVICE": self._device_of_tss}
        try:
            done = subprocess.run(
                command, input=content, capture_output=True, env=env, timeout=_ASK_SECONDS_MAX
            )
        except (OSError, subprocess.TimeoutExpired) as wrong:
            raise CannotAsk(str(wrong)) from wrong
        if done.returncode or not done.stdout:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise CannotAsk(said[-1] if said else f"{_CREDS} ended with {done.returncode}")
        return done.stdout

    @property
    def _device_of_tss(self) -> str:
        return f"device:{self._device}" if self._has_path else self._device
