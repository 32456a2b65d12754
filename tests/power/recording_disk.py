"""A disk that writes down all it is told, in order: every write, and every order to flush.

`python -m tests.power.recording_disk DISK LOG SHOWN` shows the file DISK at the file SHOWN. What
is written there ends in DISK, and in LOG before it is answered. A file system made on SHOWN (over
a loop device) tells it just what it would tell a real disk.

It speaks the kernel's own protocol over /dev/fuse (include/uapi/linux/fuse.h), so it needs root
and no library. All that is mounted is one file, which is the root of its own file system.
"""

import ctypes
import errno
import os
import stat
import struct
import sys
from enum import IntEnum

from tests.power.write_log import FLUSH, as_logged

BYTES_AT_ONCE_MAX = 128 << 10
REQUEST_BYTES_MAX = BYTES_AT_ONCE_MAX + 8192

HEADER = struct.Struct("<IIQQIIII")  # bytes, operation, number; node, user, group, process, extra
ANSWER = struct.Struct("<IiQ")  # bytes, error, number
PLACE = struct.Struct("<QQI")  # handle, offset, bytes: how READ and WRITE begin
WRITE_BYTES = 40  # of a WRITE, before its data
ATTRIBUTES = struct.Struct("<QII6Q10I")
INIT_ANSWER = struct.Struct("<4I2HI40x")


class Operation(IntEnum):
    """What the kernel may want; it does without all that is not here."""

    FORGET = 2
    GETATTR = 3
    OPEN = 14
    READ = 15
    WRITE = 16
    RELEASE = 18
    FSYNC = 20
    CLOSE = 25
    INIT = 26
    INTERRUPT = 36
    DESTROY = 38


class RecordingDisk:
    """Answers the kernel until the disk is unmounted."""

    def __init__(self, disk: str, log: str) -> None:
        self._disk = os.open(disk, os.O_RDWR)
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._bytes = os.fstat(self._disk).st_size

    def serve(self, fuse: int) -> None:
        while True:
            try:
                request = os.read(fuse, REQUEST_BYTES_MAX)
            except OSError as ended:
                if ended.errno == errno.ENODEV:
                    return
                raise
            _, operation, number, *_ = HEADER.unpack_from(request)
            if operation in (Operation.FORGET, Operation.INTERRUPT):
                continue  # these want no answer
            said = self._answer(operation, request[HEADER.size :])
            error = -errno.ENOSYS if said is None else 0
            said = said or b""
            os.write(fuse, ANSWER.pack(ANSWER.size + len(said), error, number) + said)

    def _answer(self, operation: int, told: bytes) -> bytes | None:
        match operation:
            case Operation.INIT:
                big_writes = 1 << 5
                return INIT_ANSWER.pack(7, 31, 0, big_writes, 0, 0, BYTES_AT_ONCE_MAX)
            case Operation.GETATTR:
                times = (0,) * 6
                mode = stat.S_IFREG | 0o600
                size = (1, self._bytes, self._bytes // 512)
                return ATTRIBUTES.pack(
                    1, 0, 0, *size, *times, mode, 1, os.getuid(), os.getgid(), 0, 4096, 0
                )
            case Operation.OPEN:
                keep_nothing_back = 1  # FOPEN_DIRECT_IO
                return struct.pack("<QII", 0, keep_nothing_back, 0)
            case Operation.READ:
                _, offset, size_asked = PLACE.unpack_from(told)
                return os.pread(self._disk, size_asked, offset)
            case Operation.WRITE:
                _, offset, _ = PLACE.unpack_from(told)
                data = told[WRITE_BYTES:]
                os.pwrite(self._disk, data, offset)
                os.write(self._log, as_logged(offset, data))
                return struct.pack("<II", len(data), 0)
            case Operation.FSYNC:
                os.write(self._log, FLUSH)
                return b""
            case Operation.RELEASE | Operation.CLOSE | Operation.DESTROY:
                return b""
        return None


def mount(fuse: int, shown: str) -> None:
    """Show our file in the place of the file `shown`."""
    options = f"fd={fuse},rootmode=100600,user_id={os.getuid()},group_id={os.getgid()}"
    c = ctypes.CDLL(None, use_errno=True)
    if c.mount(b"recording", shown.encode(), b"fuse", 0, options.encode()):
        raise OSError(ctypes.get_errno(), "mount", shown)


def main() -> None:
    disk, log, shown = sys.argv[1:]
    recording = RecordingDisk(disk, log)
    fuse = os.open("/dev/fuse", os.O_RDWR)
    mount(fuse, shown)
    print("ready", flush=True)
    recording.serve(fuse)


if __name__ == "__main__":
    main()
