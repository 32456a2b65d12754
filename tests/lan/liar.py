"""Somebody on the LAN who says by mDNS whatever comes to mind."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from zeroconf import (
    DNSAddress,
    DNSOutgoing,
    DNSPointer,
    DNSRecord,
    DNSService,
    DNSText,
    ServiceInfo,
)

from node.lan.service import TYPE, host_name
from tests.lan.network import Host

_MDNS = ("224.0.0.251", 5353)
_RESPONSE = 0x8400  # RFC 6762 §18.3, §18.4


class Liar:
    """With a socket on the LAN."""

    def __init__(self, host: Host, speaking: socket.socket) -> None:
        """At that place."""
        self.host = host
        self._socket = speaking

    def says(
        self, instance: str, *, txt: dict[str, str], port: int, address: str | None = None
    ) -> None:
        """That there is such a service."""
        info = ServiceInfo(
            TYPE,
            instance,
            port=port,
            properties=txt,
            server=host_name(instance),
            parsed_addresses=[address or self.host.address],
        )
        records: Iterable[DNSPointer | DNSService | DNSText | DNSAddress | DNSRecord] = [
            info.dns_pointer(),
            info.dns_service(),
            info.dns_text(),
            *info.dns_addresses(),
        ]
        message = DNSOutgoing(_RESPONSE)
        for record in records:
            message.add_answer_at_time(record, 0)
        for packet in message.packets():
            self._socket.sendto(packet, _MDNS)


@contextmanager
def liar(host: Host) -> Iterator[Liar]:
    """At that place of the LAN, as long as it may speak."""
    with host.inside():
        speaking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with speaking:
        speaking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        speaking.bind((host.address, 5353))
        speaking.setsockopt(
            socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(host.address)
        )
        speaking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        yield Liar(host, speaking)
