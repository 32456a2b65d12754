"""Under which addresses this machine's pages are served over TLS, and by whose word."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import request

from sync.machine.pin import PAGES_FILE, TOWN_CERTIFICATE_FILE


@dataclass(frozen=True, slots=True)
class ClosedPages:
    """Read once, when the screens start."""

    port: int
    names: tuple[str, ...]
    certificate: bytes  # the town's, as a file
    fingerprint: str  # of it, as browsers show it
    thumbprint: str  # of it, as Windows shows it

    def addresses(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._at(name) for name in self.names)

    def address(self) -> str:
        """The one under the name by which this visitor came, if it is among them."""
        asked = urlsplit(request.host_url).hostname or ""
        return self._at(asked if asked in self.names else self.names[0])

    def _at(self, name: str) -> str:
        host = f"[{name}]" if ":" in name else name
        return f"https://{host}" if self.port == 443 else f"https://{host}:{self.port}"


def read_closed_pages(folder: Path, port: int | None) -> ClosedPages | None:
    """Of the machine in that folder; None where it has none."""
    if port is None:
        return None

    from cryptography import x509  # few machines have such pages
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    try:
        own = x509.load_pem_x509_certificate((folder / PAGES_FILE).read_bytes())
        town = (folder / TOWN_CERTIFICATE_FILE).read_bytes()
        shown = x509.load_pem_x509_certificate(town)
        names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return None
    dns = names.get_values_for_type(x509.DNSName)
    addresses = map(str, names.get_values_for_type(x509.IPAddress))
    return ClosedPages(
        port,
        (*dns, *addresses),
        town,
        shown.fingerprint(SHA256()).hex(":").upper(),
        shown.fingerprint(SHA1()).hex(),  # noqa: S303  # Windows shows no other
    )
