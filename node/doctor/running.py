"""Whether what should run does: the screens at their port, `kairan sync`, who reads Japanese."""

from collections.abc import Iterator

from node.doctor.finding import Finding, Grave
from node.lan.bell import is_listened_to
from node.language.asking import Elsewhere
from node.road import HttpRoad
from node.wifi.line import is_answered
from sync.errors import Malformed, Unreachable
from sync.machine.settings import Settings

_ANSWER_SECONDS_MAX = 10.0


def look(settings: Settings, own: bytes, port: int | None) -> Iterator[Finding]:
    """All that is wrong. `own`: the machine's key; `port`: where its screens should be."""
    folder = settings.folder
    if port is not None:
        yield from _port(own, port)
    if not is_listened_to(folder):
        yield Finding(
            name="sync",
            grave=Grave.NOW,
            said=("kairan sync が動いていません。ほかの機械とやりとりできません。",),
            todo="systemctl status kairan-sync で、止まったわけを見てください。",
        )
    if not any(Elsewhere(folder).read(["公民館"], {})):
        yield Finding(
            name="language",
            grave=Grave.SOON,
            said=(
                "よみがなを作るもの（kairan language）が応えません。"
                "ふりがなと、かなでの検索が足りなくなります。",
            ),
            todo="systemctl status kairan-language.socket を見てください。",
        )
    if settings.wifi is not None and settings.wifi.made_here and not is_answered(folder):
        yield Finding(
            name="wifi",
            grave=Grave.NOW,
            said=(
                "この機械のWi-Fi（kairan wifi）が動いていません。スマートフォンがつながりません。",
            ),
            todo="systemctl status kairan-wifi で、止まったわけを見てください。",
        )


def _port(own: bytes, port: int) -> Iterator[Finding]:
    road = HttpRoad(f"http://127.0.0.1:{port}", near=True, answer_seconds_max=_ANSWER_SECONDS_MAX)
    try:
        key, _ = road.hello()
    except Malformed:
        key = b""
    except Unreachable:
        yield Finding(
            name="screens",
            grave=Grave.NOW,
            said=(f"画面（ポート {port}）が応えません。",),
            todo="systemctl status kairan-web で、止まったわけを見てください。",
        )
        return
    finally:
        road.close()
    if key != own:
        yield Finding(
            name="port",
            grave=Grave.NOW,
            said=(f"ポート {port} を、ほかのものが使っています。",),
            todo=f"ss -tlnp 'sport = :{port}' で何かを見て止めるか、KAIRAN_PORT を変えてください。",
        )
