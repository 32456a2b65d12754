"""A phone that joins the network this machine makes is shown the board once, by its own system.

Systems look whether they are on the internet by asking pages of their makers. Until somebody has
touched 「使いはじめる」 all names lead here, and each such question is sent to `/begin`; so is
whatever else a phone asks another by that comes here. Afterwards those names lead nowhere, and who
still comes by one is refused as anybody is (`hosts.py`): never is a phone told that this is the
internet. Whoever types the machine's number is asked for nothing.
"""

from ipaddress import IPv4Network, ip_address

from flask import Blueprint, Flask, Response, abort, json, redirect, render_template, request

from kiosk_ui import forms
from kiosk_ui.hosts import NO_NAME
from kiosk_ui.screen import Screen
from node.wifi import line
from node.wifi.plan import BEGIN, STATE, own_name, root
from sync.machine.networks import plain
from sync.machine.wifi import Wifi

STATE_TYPE = "application/captive+json"


def captive_pages(screen: Screen) -> Blueprint:
    """`/begin`, and `/captive` for phones that ask as RFC 8908 has it."""
    pages = Blueprint("captive", __name__)
    machine = screen.node.settings.folder

    @pages.get(BEGIN)
    def welcome() -> str:
        wifi, phone = _guest(screen)
        return render_template(
            "begin.html",
            has_begun=bool(line.seconds_begun(machine, phone)),
            addresses=(f"http://{own_name(screen.node.settings)}", root(wifi)),
        )

    @pages.post(BEGIN)
    def begin() -> Response:
        _, phone = _guest(screen)
        # Where nobody tends the network just now, the board is there all the same.
        return forms.see_other(BEGIN if line.begin(machine, phone) else "/")

    @pages.get(STATE)
    def state() -> Response:
        wifi, phone = _guest(screen)
        seconds = line.seconds_begun(machine, phone)
        said: dict[str, object] = {"captive": seconds == 0, "user-portal-url": root(wifi) + BEGIN}
        if seconds:
            said["seconds-remaining"] = seconds
        answer = Response(json.dumps(said), content_type=STATE_TYPE)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    return pages


def lead_phones_in(app: Flask, screen: Screen) -> None:
    """Whoever asks for another name from the network that is made here, and hasn't begun."""
    wifi = screen.node.settings.wifi
    if wifi is None or not wifi.made_here:
        return
    network, to, machine = wifi.address.network, root(wifi) + BEGIN, screen.node.settings.folder

    @app.before_request
    def lead() -> Response | None:
        if request.environ["HTTP_HOST"] != NO_NAME or request.method not in ("GET", "HEAD"):
            return None
        phone = plain(request.remote_addr or "")
        if not _is_of(network, phone) or line.seconds_begun(machine, phone):
            return None
        led = redirect(to, 302)
        assert isinstance(led, Response)
        return led


def _guest(screen: Screen) -> tuple[Wifi, str]:
    """The network that is made here, and the address of the phone there that asks; else 404."""
    wifi = screen.node.settings.wifi
    phone = plain(request.remote_addr or "")
    if wifi is None or not wifi.made_here or not _is_of(wifi.address.network, phone):
        abort(404)
    return wifi, phone


def _is_of(network: IPv4Network, address: str) -> bool:
    return bool(address) and ip_address(address) in network
