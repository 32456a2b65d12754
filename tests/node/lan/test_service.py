"""What is said of a machine on the LAN, and how little of what is said is believed."""

from collections.abc import Mapping, Sequence

import pytest
from zeroconf import ServiceInfo

from node.lan.interfaces import Interface
from node.lan.service import (
    ADDRESSES_MAX,
    TYPE,
    Service,
    host_name,
    instance_name,
    read_service,
    txt,
)

TOWN = "990019"
MACHINE, DIGEST = bytes.fromhex("0123456789abcdef"), bytes(8)
NAME = instance_name(MACHINE, b"\xca\xfe")
LAN = [Interface(2, "10.0.0.1", 24)]
TOLD = txt(town=TOWN, machine=MACHINE, digest=DIGEST)


def read(
    *addresses: str,
    port: int | None = 8700,
    at: Sequence[Interface] = LAN,
    changed: Mapping[str, str | None] = TOLD,
) -> Service | None:
    told: dict[str, str | None] = {**TOLD, **changed}
    return read_service(
        NAME,
        port=port,
        properties={k.encode(): v.encode() for k, v in told.items() if v is not None},
        addresses=addresses or ("10.0.0.7",),
        town=TOWN,
        interfaces=at,
    )


def test_what_one_says_another_reads() -> None:
    assert read() == Service(
        instance=NAME, machine=MACHINE, digest=DIGEST, urls=("http://10.0.0.7:8700",)
    )


def test_names_are_such_as_the_standards_want() -> None:
    assert NAME == "0123456789abcdef-cafe._kairan._tcp.local."
    assert host_name(NAME) == "0123456789abcdef-cafe.local."
    info = ServiceInfo(TYPE, NAME, port=1, properties=TOLD, server=host_name(NAME))
    assert len(info.text) <= 200  # RFC 6763 §6.2
    assert all(len(key) <= 9 for key in TOLD)  # §6.4


@pytest.mark.parametrize(
    "changed",
    [
        {"v": "2"},
        {"v": None},
        {"town": "990027"},
        {"town": "９９００１９"},
        {"town": None},
        {"id": "0123"},
        {"id": "x" * 16},
        {"id": None},
        {"d": ""},
        {"d": "００" * 8},
    ],
)
def test_another_town_another_version_and_what_cannot_be_read_is_nobody(
    changed: Mapping[str, str | None],
) -> None:
    assert read(changed=changed) is None


@pytest.mark.parametrize("port", [None, 0])
def test_without_a_port_it_is_nobody(port: int | None) -> None:
    assert read(port=port) is None


@pytest.mark.parametrize("address", ["10.0.1.7", "127.0.0.1", "192.0.2.1", "224.0.0.251", "x", ""])
def test_nobody_sends_us_elsewhere_than_to_our_own_link(address: str) -> None:
    assert read(address) is None


def test_of_many_addresses_a_few_that_are_near_are_kept() -> None:
    found = read("10.0.1.7", *(f"10.0.0.{last}" for last in range(10, 30)))
    assert found is not None
    assert found.urls == tuple(
        f"http://10.0.0.{last}:8700" for last in range(10, 10 + ADDRESSES_MAX)
    )


def test_while_we_are_on_no_link_nobody_is_near() -> None:
    assert read(at=[]) is None
