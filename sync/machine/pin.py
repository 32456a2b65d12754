"""By what a machine is known over TLS, as settings have it: pin-sha256 of RFC 7469."""

from base64 import b64decode, b64encode

TLS_FILE = "tls.pem"
"""In a machine's folder, if it answers over TLS: its key and its certificate."""

PAGES_FILE = "pages.pem"
"""If its pages are served over TLS: key and certificate, which the town signed."""

TOWN_CERTIFICATE_FILE = "town.crt"
"""What whoever opens those pages is to trust."""

PIN_BYTES = 32


def pin_in_words(pin: bytes) -> str:
    """In base64."""
    return b64encode(pin).decode()


def read_pin(text: str) -> bytes:
    """The reverse. Raises ValueError."""
    pin = b64decode(text, validate=True)
    if len(pin) != PIN_BYTES:
        raise ValueError(f"{text} is no SHA-256 of a key")
    return pin
