"""What a machine was told when it was provisioned: one TOML file in its folder, read once.

name = "上郷公民館"
role = "node"                          # node, office or hub
towns = ["990019"]                     # a node and an office have one
hub = "https://127.0.0.1:8700"         # optional; http:// only where it is meant to be open
hub_pins = ["<SHA-256 in base64>", …]  # its keys, now and next; without, authorities are asked
peers = ["http://127.0.0.1:8702"]      # optional; static addresses
offer_seconds = 60                     # how often it offers when nothing has changed
sticks = "/media/kairan"               # optional; below it USB sticks are mounted
pixel_millimetres = 0.277              # optional; how wide a pixel of the kiosk's screen is
screen_off = "22:00-05:30"             # optional; when the kiosk's screen is dark, in Japan
https = 8443                           # optional; the port of pages over TLS, with pages.pem
called = "http://kairan.home"          # optional; by what address phones know it here
metered = true                         # optional; what comes from the hub costs by the byte
[wifi]                                 # optional; the network that visitors may join
name = "kairan-kamigo"
password = "…"                         # absent: the network is open
radio = "makes"                        # or "joins"; absent: the network is a router's alone
device = "wlp2s0"                      # optional; else its only radio
channel = 6                            # optional; where it makes one, as are the two below
country = "JP"
address = "10.20.30.1/22"              # its own there
[authorities]
990019 = ["<public key in hex>", …]  # by place: a later one outranks
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from sync.lane import is_town
from sync.machine.pin import read_pin
from sync.machine.wifi import Wifi, read_wifi

SETTINGS_FILE = "machine.toml"
KEY_FILE = "machine.key"
SEED_FILE = "seed.key"
FEED_KEY_FILE = "feed.key"
LEDGER_FILE = "kairan.sqlite"
STATEMENTS_FILE = "statements.cbor"
NOTEBOOK_FILE = "notebook.json"


class Part(StrEnum):
    """What a machine is there for."""

    NODE = "node"
    OFFICE = "office"
    HUB = "hub"


class NotProvisioned(Exception):
    """The folder is not that of a machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one machine."""

    folder: Path
    name: str
    part: Part
    towns: tuple[str, ...]
    town_names: Mapping[str, str]
    authorities: Mapping[str, tuple[bytes, ...]]
    hub: str | None = None
    hub_pins: tuple[bytes, ...] = ()
    peers: tuple[str, ...] = ()
    offer_seconds: int = 60
    sticks: Path | None = None
    pixel_millimetres: float | None = None
    screen_off: tuple[time, time] | None = None
    called: str | None = None
    wifi: Wifi | None = None
    https: int | None = None
    metered: bool = False

    @property
    def town(self) -> str:
        """The town of a node or an office."""
        return self.towns[0]

    @property
    def ledger_path(self) -> Path:
        """Its SQLite file."""
        return self.folder / LEDGER_FILE


def read_settings(folder: Path) -> Settings:
    """The settings of the machine in that folder. Raises NotProvisioned with what to do."""
    path = folder / SETTINGS_FILE
    try:
        told = tomllib.loads(path.read_text())
    except FileNotFoundError as wrong:
        raise NotProvisioned(
            f"{folder} に機械の設定（{SETTINGS_FILE}）がありません。"
            "フォルダーの場所を確かめてください。"
        ) from wrong
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise NotProvisioned(f"{path} を読めません: {wrong}") from wrong
    try:
        settings = Settings(
            folder=folder,
            name=str(told["name"]),
            part=Part(told["role"]),
            towns=tuple(map(str, told["towns"])),
            town_names={str(k): str(v) for k, v in told.get("town_names", {}).items()},
            authorities={
                str(town): tuple(bytes.fromhex(key) for key in keys)
                for town, keys in told["authorities"].items()
            },
            hub=read_address(told["hub"]) if "hub" in told else None,
            hub_pins=tuple(read_pin(str(pin)) for pin in told.get("hub_pins", ())),
            peers=tuple(map(read_address, told.get("peers", ()))),
            offer_seconds=max(1, int(told.get("offer_seconds", 60))),
            sticks=Path(str(told["sticks"])) if "sticks" in told else None,
            pixel_millimetres=_pixel(told["pixel_millimetres"])
            if "pixel_millimetres" in told
            else None,
            screen_off=_hours(told["screen_off"]) if "screen_off" in told else None,
            called=read_address(told["called"]) if "called" in told else None,
            wifi=read_wifi(told["wifi"]) if "wifi" in told else None,
            https=_port(told["https"]) if "https" in told else None,
            metered=_yes(told.get("metered", False)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise NotProvisioned(f"{path} の内容が正しくありません: {wrong}") from wrong
    if not settings.towns or not all(map(is_town, settings.towns)):
        raise NotProvisioned(f"{path} の towns に、正しい団体コードを書いてください。")
    if settings.hub_pins and not (settings.hub or "").startswith("https:"):
        raise NotProvisioned(
            f"{path} の hub_pins は、hub が https:// で始まるときだけ使えます。"
            "どちらかを直してください。"
        )
    return settings


def _pixel(value: object) -> float:
    """The width of a pixel, of any screen that a person can read. Raises ValueError."""
    width = float(str(value))
    if not 0.05 <= width <= 2:
        raise ValueError(f"pixel_millimetres = {value} is no screen's")
    return width


def _port(value: object) -> int:
    """Raises ValueError."""
    port = int(str(value))
    if not 0 < port < 1 << 16:
        raise ValueError(f"https = {value} is no port")
    return port


def _yes(value: object) -> bool:
    """Raises ValueError where it is neither."""
    if not isinstance(value, bool):
        raise ValueError(f"metered = {value} is neither true nor false")
    return value


def _hours(value: object) -> tuple[time, time]:
    """From when to when, perhaps over midnight. Raises ValueError."""
    begins, ends = map(time.fromisoformat, str(value).split("-"))
    if begins == ends:
        raise ValueError(f"screen_off = {value} is no time at all, or all of it")
    return begins, ends


def read_address(value: object) -> str:
    """The address of a machine. Raises ValueError."""
    parts = urlsplit(str(value))
    # A port that is none raises when it is asked for.
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f"{value} is not an http address")
    return str(value).rstrip("/")
