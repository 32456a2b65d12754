"""What processes spend, watched from outside: CPU seconds, and the most memory they held.

Linux only. CPU comes from the clock that the kernel keeps per process (clock_getcpuclockid(3)), to
the microsecond and with the threads that have ended; memory from the high-water mark in /proc.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """By one side, over one task."""

    cpu_seconds: float
    peak_bytes: int  # resident, of its processes added up


class Watch:
    """One side: a process and those it started. Counts from when it is made."""

    def __init__(self, process: int) -> None:
        """Start counting."""
        root = psutil.Process(process)
        self._processes = [root.pid, *(child.pid for child in root.children(recursive=True))]
        for one in self._processes:
            Path(f"/proc/{one}/clear_refs").write_text("5")  # forget the high-water mark
        self._began = self._cpu_seconds()

    def spent(self) -> Spent:
        """Since then."""
        return Spent(
            cpu_seconds=self._cpu_seconds() - self._began,
            peak_bytes=sum(map(_peak_bytes, self._processes)),
        )

    def _cpu_seconds(self) -> float:
        return sum(time.clock_gettime(_cpu_clock(process)) for process in self._processes)


def machine_in_words() -> str:
    """What the figures were taken on."""
    version = ".".join(map(str, sys.version_info[:3]))
    busy = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, Python {version}, load before the run {busy:.1f}"


def _cpu_clock(process: int) -> int:
    return (~process << 3) | 2


def _peak_bytes(process: int) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0
