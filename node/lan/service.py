"""What a machine says of itself by DNS-SD, and what is believed of what others say.

docs/spec/10-discovery.md; RFC 6763 for names and TXT. Whatever was found is a candidate: who is
there is proved by the exchange, which is signed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from node.lan.interfaces import Interface
from sync.announcement import DIGEST_BYTES
from sync.lane import is_town

TYPE = "_kairan._tcp.local."
VERSION = b"1"
ADDRESSES_MAX = 4  # of one machine: cable and Wi-Fi, and two to spare


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Somebody says that this machine is there, and what it holds."""

    instance: str  # the full name
    machine: bytes  # short
    digest: bytes  # sync.announcement.held_in_short
    urls: tuple[str, ...]


def instance_name(machine: bytes, random: bytes) -> str:
    """The full name of an instance: the machine's, and a part that is new each time.

    So two copies of one disk don't answer for each other, and a name that was taken is left to
    whoever took it (RFC 6762 §9).
    """
    return f"{machine.hex()}-{random.hex()}.{TYPE}"


def host_name(instance: str) -> str:
    """The host that an instance's SRV record names."""
    return f"{instance.removesuffix('.' + TYPE)}.local."


def txt(*, town: str, machine: bytes, digest: bytes) -> dict[str, str]:
    """The TXT record, by key (RFC 6763 §6)."""
    return {"v": VERSION.decode(), "town": town, "id": machine.hex(), "d": digest.hex()}


def read_service(
    instance: str,
    *,
    port: int | None,
    properties: Mapping[bytes, bytes | None],
    addresses: Iterable[str],
    town: str,
    interfaces: Iterable[Interface],
) -> Service | None:
    """What was found, if it is of our town and version and on a link of ours."""
    machine = _octets(properties.get(b"id"), 8)
    digest = _octets(properties.get(b"d"), DIGEST_BYTES)
    told_town = (properties.get(b"town") or b"").decode("ascii", "replace")
    networks = [interface.network for interface in interfaces]
    near = [a for a in addresses if (ip := _ip(a)) and any(ip in network for network in networks)]
    if (
        properties.get(b"v") != VERSION
        or not is_town(told_town)
        or told_town != town
        or machine is None
        or digest is None
        or not port
        or not near
    ):
        return None
    urls = tuple(f"http://{address}:{port}" for address in near[:ADDRESSES_MAX])
    return Service(instance=instance, machine=machine, digest=digest, urls=urls)


def _octets(value: bytes | None, length: int) -> bytes | None:
    try:
        octets = bytes.fromhex((value or b"").decode("ascii"))
    except ValueError:
        return None
    return octets if len(octets) == length else None


def _ip(address: str) -> IPv4Address | None:
    try:
        return IPv4Address(address)
    except AddressValueError:
        return None
