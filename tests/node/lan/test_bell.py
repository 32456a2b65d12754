"""What one process hears, another of the same machine is told; nobody waits for it."""

import socket
from pathlib import Path

import pytest

from node.lan.bell import Bell, Heard, _name, ring

HEARD = Heard(machine=bytes(8), digest=bytes(range(8)), url="http://10.0.0.7:8700")


def test_what_is_rung_is_heard(tmp_path: Path) -> None:
    bell = Bell(tmp_path)
    assert ring(tmp_path, HEARD)
    assert bell.hear(1.0) == HEARD
    assert bell.hear(0.0) is None
    bell.close()


def test_where_nobody_listens_that_is_known(tmp_path: Path) -> None:
    assert not ring(tmp_path, HEARD)
    Bell(tmp_path).close()
    assert not ring(tmp_path, HEARD)


def test_each_machine_has_its_own_bell_and_one_listener(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    one, other = Bell(here), Bell(there)
    ring(here, HEARD)
    assert other.hear(0.0) is None
    with pytest.raises(OSError, match="in use"):
        Bell(here)
    assert one.hear(0.0) == HEARD
    one.close()
    other.close()


def test_who_rings_too_much_is_told_so_and_what_cannot_be_read_is_nothing(tmp_path: Path) -> None:
    bell = Bell(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        for noise in (b"", b"\x00", b"\xff" * 600):
            stranger.sendto(noise, _name(tmp_path))
            assert bell.hear(0.0) is None
    assert not all(ring(tmp_path, HEARD) for _ in range(10_000))
    bell.close()
