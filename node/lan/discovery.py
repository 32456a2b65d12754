"""This machine among others on the LAN, by mDNS and DNS-SD: it says that it is there, and listens.

RFC 6762, RFC 6763, docs/spec/10-discovery.md. All of it in one thread with an event loop of its
own. We keep our own list of what was found and ask by a schedule of our own: zeroconf's browser
remembers every name it ever heard of, and a stranger can say very many.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

from zeroconf import (
    DNSAddress,
    DNSOutgoing,
    DNSPointer,
    DNSQuestion,
    DNSService,
    DNSText,
    Error,
    IPVersion,
    NonUniqueNameException,
    RecordUpdate,
    RecordUpdateListener,
    ServiceInfo,
    Zeroconf,
    current_time_millis,
)
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from node.lan.interfaces import LOOK_SECONDS, Interface, Steady, interfaces
from node.lan.service import TYPE, Service, host_name, instance_name, read_service, txt
from sync.machine import clock

TELL_SECONDS = 1.0
"""A record may be multicast once a second (RFC 6762 §6)."""

ASK_SECONDS_FIRST, ASK_SECONDS_MAX = 1.0, 600.0  # three times longer each time (§5.2)
RENAME_SECONDS = 10.0  # who takes every name of ours keeps us busy no more than that (§9)
LOOKUPS_MAX = 8  # names at once of which not all is known yet
LOOKUP_MILLISECONDS = 3_000

_PTR, _IN, _QUERY = 12, 1, 0  # RFC 1035 §3.2.2, §3.2.4, §4.1.1

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """What is said of this machine."""

    town: str
    machine: bytes  # short
    port: int
    address: str | None = None  # the only one that it answers at


class Discovery:
    """Finds, and is found, until it is stopped."""

    def __init__(
        self,
        me: Me,
        *,
        digest: bytes,
        found: Callable[[Service], None],
        moved: Callable[[], None],
        answers: Callable[[], bool],
    ) -> None:
        """`found` and `moved` (our addresses changed) are called in its thread: be quick.

        So is `answers`: whether somebody who comes to us now is answered.
        """
        self._me = me
        self._digest = digest
        self._found = found
        self._moved = moved
        self._answers = answers
        self._loop = asyncio.new_event_loop()
        self._woken = asyncio.Event()
        self._stopped = False
        self._steady = Steady()
        self._interfaces: frozenset[Interface] = frozenset()
        self._look_at = self._ask_at = self._tell_at = self._rename_at = 0.0
        self._ask_seconds = ASK_SECONDS_FIRST
        self._zeroconf: AsyncZeroconf | None = None
        self._info: ServiceInfo | None = None  # as it was announced
        self._hosts: set[tuple[str, str]] = set()  # host name and address, as we announced them
        self._taken = False  # our name, by somebody else
        self._lookups: set[asyncio.Task[None]] = set()
        self._problem = ""
        self._thread = Thread(target=self._run, name="discovery", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye, and end."""
        self._stopped = True
        self._wake()
        self._thread.join()

    def hold(self, digest: bytes) -> None:
        """Say from now on that this is held."""
        self._digest = digest
        self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # its loop is closed: it was stopped
            self._loop.call_soon_threadsafe(self._woken.set)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._keep_on())

    async def _keep_on(self) -> None:
        while not self._stopped:
            self._woken.clear()
            try:
                await self._once()
                self._problem = ""
            except (OSError, Error, TimeoutError) as wrong:
                if str(wrong) != self._problem:  # once, and tried again at each look
                    self._problem = str(wrong)
                    _log.warning("mDNS: %s", wrong or type(wrong).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)
        if self._zeroconf is not None:
            with suppress(OSError, Error, TimeoutError):
                await self._zeroconf.async_close()

    async def _once(self) -> None:
        now = clock.running()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            steady = self._steady.seen(interfaces(self._me.address))
            if steady != self._interfaces:
                try:
                    await self._move(steady)
                except BaseException:
                    self._interfaces = frozenset()  # so the next look tries again
                    raise
        if self._zeroconf is None:
            return
        if now >= self._ask_at:
            self._ask(self._zeroconf.zeroconf)
            self._ask_at = now + self._ask_seconds
            self._ask_seconds = min(3 * self._ask_seconds, ASK_SECONDS_MAX)
        if self._info is None:
            if self._answers():  # who comes in vain waits longer each time
                await self._register(self._zeroconf)
        elif self._taken and now >= self._rename_at:
            self._rename_at = now + RENAME_SECONDS
            _log.warning("somebody else on the LAN says to be %s; taking another name", self._name)
            await self._zeroconf.async_unregister_service(self._info)
            self._info = None
            await self._register(self._zeroconf)
        elif self._is_changed() and now >= self._tell_at:
            self._tell_at = now + TELL_SECONDS
            self._info = self._described(self._name)
            await self._zeroconf.async_update_service(self._info)

    # our side

    @property
    def _name(self) -> str:
        return self._info.name if self._info is not None else ""

    @property
    def _addresses(self) -> list[str]:
        return sorted({interface.address for interface in self._interfaces})

    def _described(self, name: str) -> ServiceInfo:
        host = host_name(name)
        self._hosts = {known for known in self._hosts if known[0] == host}
        self._hosts |= {(host, address) for address in self._addresses}
        return ServiceInfo(
            TYPE,
            name,
            port=self._me.port,
            properties=txt(town=self._me.town, machine=self._me.machine, digest=self._digest),
            server=host,
            parsed_addresses=self._addresses,
        )

    def _is_changed(self) -> bool:
        assert self._info is not None
        return (
            self._info.properties.get(b"d") != self._digest.hex().encode()
            or sorted(self._info.parsed_addresses()) != self._addresses
        )

    async def _register(self, zeroconf: AsyncZeroconf) -> None:
        """Under a name that nobody has (RFC 6762 §8)."""
        while True:
            info = self._described(instance_name(self._me.machine, os.urandom(4)))
            with suppress(NonUniqueNameException):
                await zeroconf.async_register_service(info)
                break
        self._info, self._taken = info, False
        self._tell_at = clock.running() + TELL_SECONDS

    async def _move(self, steady: frozenset[Interface]) -> None:
        """Listen and speak at these addresses from now on."""
        before, self._interfaces = self._interfaces, steady
        if self._zeroconf is None:
            # It attaches to this thread's event loop.
            self._zeroconf = AsyncZeroconf(interfaces=self._addresses, ip_version=IPVersion.V4Only)
            self._zeroconf.zeroconf.async_add_listener(_Listener(self), None)
        else:
            # An address on an interface that was made anew is another membership (RFC 1112 §7.1).
            stayed = sorted({interface.address for interface in before & steady})
            await self._zeroconf.async_update_interfaces(stayed)
            if self._addresses != stayed:
                await self._zeroconf.async_update_interfaces(self._addresses)
        self._ask_at, self._ask_seconds = 0.0, ASK_SECONDS_FIRST
        self._tell_at = 0.0
        if before:
            self._moved()

    # the others

    @staticmethod
    def _ask(zeroconf: Zeroconf) -> None:
        question = DNSOutgoing(_QUERY)
        question.add_question(DNSQuestion(TYPE, _PTR, _IN))
        zeroconf.async_send(question)

    def hear(self, zeroconf: Zeroconf, names: set[str]) -> None:
        """Something was said of services of these names."""
        for name in names - {self._name.lower()}:
            info = AsyncServiceInfo(TYPE, name)
            if info.load_from_cache(zeroconf):
                self._pass_on(info)
            elif len(self._lookups) < LOOKUPS_MAX:
                lookup = asyncio.ensure_future(self._look_up(zeroconf, info))
                self._lookups.add(lookup)
                lookup.add_done_callback(self._lookups.discard)

    async def _look_up(self, zeroconf: Zeroconf, info: AsyncServiceInfo) -> None:
        with suppress(Error):
            if await info.async_request(zeroconf, LOOKUP_MILLISECONDS):
                self._pass_on(info)

    def _pass_on(self, info: ServiceInfo) -> None:
        service = read_service(
            info.name,
            port=info.port,
            properties=info.properties,
            addresses=info.parsed_addresses(IPVersion.V4Only),
            town=self._me.town,
            interfaces=self._interfaces,
        )
        if service is not None and service.machine != self._me.machine:
            self._found(service)

    def is_theft(self, record: object) -> bool:
        """Whether a record gives our name to somebody else (RFC 6762 §9)."""
        if self._info is None:
            return False
        match record:
            case DNSService() if record.name.lower() == self._name:
                return (record.server.lower(), record.port) != (
                    host_name(self._name),
                    self._me.port,
                )
            case DNSAddress() if (
                record.name.lower() == host_name(self._name) and len(record.address) == 4
            ):
                return (host_name(self._name), ".".join(map(str, record.address))) not in (
                    self._hosts
                )
        return False

    def stolen(self) -> None:
        """Our name is somebody else's too."""
        self._taken = True


class _Listener(RecordUpdateListener):
    """Picks out of all records those of our services."""

    def __init__(self, discovery: Discovery) -> None:
        self._discovery = discovery
        self._names: set[str] = set()
        self._zeroconf: Zeroconf | None = None

    def async_update_records(self, zc: Zeroconf, now: float, records: list[RecordUpdate]) -> None:
        """Before the cache has them."""
        self._zeroconf = zc
        for update in records:
            record = update.new
            if record.is_expired(now if now else current_time_millis()):
                continue
            match record:
                case DNSPointer() if record.name.lower() == TYPE:
                    self._names.add(record.alias.lower())
                case DNSService() | DNSText() if record.name.lower().endswith("." + TYPE):
                    self._names.add(record.name.lower())
            if self._discovery.is_theft(record):
                self._discovery.stolen()

    def async_update_records_complete(self) -> None:
        """The cache has them."""
        names, self._names = self._names, set()
        if names and self._zeroconf is not None:
            self._discovery.hear(self._zeroconf, names)
