"""What the kernel does with phones' packets (nft(8)): who answers them for names, and no more.

A phone is known by its hardware address, which the access point vouches for. Nothing is handed on
to another network, whatever else this machine does; and no phone asks so often that others wait.
"""

import subprocess

from node.wifi.plan import NAMES_PORT, OWN_NAME_PORT, Plan

TABLE = "kairan_wifi"
BEGUN = "begun"
GUESTS_MAX = 4_096
_SECONDS_MAX = 20


class NotTaken(Exception):
    """The kernel didn't take the rules."""


def rules(plan: Plan) -> str:
    """All of them, in place of whatever was there; nobody has begun."""
    here = f'iifname "{plan.device}"'
    asks = f"{here} meta l4proto {{ tcp, udp }} th dport {NAMES_PORT}"
    return f"""\
add table inet {TABLE}
delete table inet {TABLE}
table inet {TABLE} {{
  set {BEGUN} {{ type ether_addr; size {GUESTS_MAX}; flags timeout; }}
  set asked {{ type ether_addr; size {GUESTS_MAX}; flags dynamic, timeout; timeout 1m; }}
  set joined {{ type ether_addr; size {GUESTS_MAX}; flags dynamic, timeout; timeout 2m; }}
  chain names {{
    type nat hook prerouting priority dstnat; policy accept;
    {asks} ether saddr @{BEGUN} redirect to :{OWN_NAME_PORT}
    {asks} redirect to :{NAMES_PORT}
  }}
  chain bounds {{
    type filter hook input priority filter; policy accept;
    {here} udp dport 67 {_counted("joined", "10/minute burst 20")} drop
    {here} meta l4proto {{ tcp, udp }} th dport {{ {NAMES_PORT}, {OWN_NAME_PORT} }} \
{_counted("asked", "50/second burst 300")} drop
  }}
  chain no_further {{
    type filter hook forward priority filter; policy accept;
    iifname "{plan.device}" drop
    oifname "{plan.device}" drop
  }}
}}
"""


def _counted(by: str, most: str) -> str:
    """Whoever does it more often, by their hardware's address."""
    return f"update @{by} {{ ether saddr limit rate over {most} packets }}"


def no_rules() -> str:
    """None of them any more."""
    return f"add table inet {TABLE}\ndelete table inet {TABLE}\n"


def begun(phone: str, seconds: int) -> str:
    """That phone has."""
    return f"add element inet {TABLE} {BEGUN} {{ {phone} timeout {seconds}s }}\n"


def forgotten(phone: str) -> str:
    """And hasn't any more."""
    return f"delete element inet {TABLE} {BEGUN} {{ {phone} }}\n"


def tell(words: str) -> None:
    """The kernel, all of it or nothing. Raises NotTaken."""
    done = subprocess.run(
        ["nft", "--file", "-"], input=words, capture_output=True, text=True, timeout=_SECONDS_MAX
    )
    if done.returncode:
        raise NotTaken(done.stderr.strip())
