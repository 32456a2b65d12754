"""Where one machine of our town may be met: places that were found, and the one that was proved.

mDNS is not to be believed: anybody on the LAN may say that a machine is there. So few places are
kept, the newest of each that says so, and one where the machine answered with its key is tried
first until another does.
"""

from collections import OrderedDict

from node.lan.service import Service

INSTANCES_MAX = 3
URLS_MAX = 8


class Places:
    """Of one machine; for one thread at a time."""

    def __init__(self, proved: str = "") -> None:
        """`proved`: where it answered last."""
        self.proved = proved
        self._announced = ""
        self._services: OrderedDict[str, Service] = OrderedDict()

    def found(self, service: Service) -> bool:
        """It is said to be there; whether that is where it was proved to be."""
        self._services.pop(service.instance, None)
        self._services[service.instance] = service
        while len(self._services) > INSTANCES_MAX:
            self._services.popitem(last=False)
        return self.proved in service.urls

    def announced(self, url: str) -> None:
        """It told us so itself."""
        self._announced = url

    def urls(self) -> list[str]:
        """All, the likeliest first."""
        said = [url for service in reversed(self._services.values()) for url in service.urls]
        urls = dict.fromkeys([self.proved, self._announced, *said])
        return [url for url in urls if url][:URLS_MAX]
