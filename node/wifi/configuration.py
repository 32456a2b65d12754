"""What is said to hostapd, dnsmasq and wpa_supplicant: one file each, of the plan alone.

Names and passwords are people's, so they are written as digits that no program reads as more. What
phones are called is in no file that outlives the machine's start, and in no log.
"""

from hashlib import pbkdf2_hmac
from pathlib import Path

from node.wifi.plan import (
    BEGUN_SECONDS,
    LEASE_SECONDS,
    LEASES_MAX,
    NAMES_PORT,
    OWN_NAME_PORT,
    STATE,
    Plan,
)

GUESTS_OF_A_RADIO_MAX = 250
_WHERE_BROWSERS_ASK_WHETHER_THEY_MAY_ASK_OTHERS = "use-application-dns.net"
_KEY_BYTES, _KEY_ROUNDS = 32, 4_096  # IEEE 802.11, J.4.1


def access_point(plan: Plan) -> str:
    """Hostapd's. Phones don't reach each other by it."""
    wifi = plan.wifi
    lines = [
        f"interface={plan.device}",
        "driver=nl80211",
        f"ssid2={wifi.name.encode().hex()}",
        "utf8_ssid=1",
        f"country_code={wifi.country}",
        "ieee80211d=1",
        "hw_mode=g",
        f"channel={wifi.channel}",
        "ieee80211n=1",
        "wmm_enabled=1",
        "ap_isolate=1",
        f"max_num_sta={GUESTS_OF_A_RADIO_MAX}",
        "auth_algs=1",
    ]
    if wifi.password:
        lines += [
            "wpa=2",
            "wpa_key_mgmt=WPA-PSK",
            "rsn_pairwise=CCMP",
            f"wpa_psk={_key(wifi.name, wifi.password)}",
        ]
    return _file(lines)


def before(plan: Plan, leases: Path) -> str:
    """Dnsmasq's for whoever joins: an address, where to ask, and every name leads here."""
    first, last = plan.network[1], plan.network[-2]
    return _file(
        [
            *_answering(plan, NAMES_PORT),
            f"address=/#/{plan.own}",
            "local=/#/",  # which have no other address, and so none of IPv6
            # Whoever hears that there is no such name asks nobody else in our place.
            f"local=/{_WHERE_BROWSERS_ASK_WHETHER_THEY_MAY_ASK_OTHERS}/",
            f"dhcp-range={first},{last},{plan.network.netmask},{LEASE_SECONDS}",
            f"dhcp-lease-max={LEASES_MAX}",
            f"dhcp-leasefile={leases}",
            "dhcp-authoritative",
            "no-ping",
            "quiet-dhcp",
            f"dhcp-option=option:router,{plan.own}",
            f"dhcp-option=option:dns-server,{plan.own}",
            f"dhcp-option=114,{plan.root}{STATE}",  # RFC 8910, to whoever asks for it
        ]
    )


def after(plan: Plan) -> str:
    """Dnsmasq's for those who have begun: this machine's name, and there is no other."""
    lines = [*_answering(plan, OWN_NAME_PORT), "local=/#/"]
    return _file([*lines, f"host-record={plan.own_name},{plan.own},{BEGUN_SECONDS}"])


def joined(plan: Plan) -> str:
    """wpa_supplicant's: the centre's network and no other."""
    wifi = plan.wifi
    secret = f"psk={_key(wifi.name, wifi.password)}" if wifi.password else "key_mgmt=NONE"
    network = [f"ssid={wifi.name.encode().hex()}", "scan_ssid=1", secret]
    return _file([f"country={wifi.country}", "network={", *(f"  {each}" for each in network), "}"])


def _answering(plan: Plan, port: int) -> list[str]:
    return [
        f"port={port}",
        f"interface={plan.device}",
        "except-interface=lo",
        "bind-dynamic",
        "no-resolv",
        "no-hosts",
        "no-poll",
        "no-negcache",
        "user=root",  # whoever started it; it has no rights to give away
        "log-facility=-",
    ]


def _key(name: str, password: str) -> str:
    return pbkdf2_hmac("sha1", password.encode(), name.encode(), _KEY_ROUNDS, _KEY_BYTES).hex()


def _file(lines: list[str]) -> str:
    return "\n".join([*lines, ""])
