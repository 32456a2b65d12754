"""The commands of a hub beside `kairan hub`, which runs it: `kairan status`, `kairan hub-key`."""

import argparse
import json
import sys
from pathlib import Path

from hub.hub import open_hub
from hub.status import in_words, status
from sync.machine.pin import pin_in_words
from sync.machine.settings import NotProvisioned, Part, read_settings
from sync.machine.tls import change_tls, make_tls, pins


def print_status(told: argparse.Namespace) -> None:
    """Say how the hub in `told.data` is, to a program if `told.json`."""
    hub = open_hub(told.data)
    now = status(hub)
    if told.json:
        json.dump(now.as_json(), sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print(in_words(now, hub.settings.town_names))


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Put `hub-key` beside the commands of other packages."""
    help_ = "ハブが暗号の通信に使う鍵を用意し、機械に教える文字を表示します。"
    parser = commands.add_parser("hub-key", help=help_, description=help_)
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="ハブのフォルダー")
    parser.add_argument("--change", action="store_true", help="次の鍵に替える")
    parser.set_defaults(does=_key)


def _key(told: argparse.Namespace) -> None:
    if read_settings(told.data).part is not Part.HUB:
        raise NotProvisioned(f"{told.data} はハブではありません。")
    if told.change:
        change_tls(told.data)
        print("鍵を替えました。ハブを動かし直すと、新しい鍵で応えます。")
    else:
        make_tls(told.data)
    used, coming = map(pin_in_words, pins(told.data))
    print(f"いまの鍵  {used}\n次の鍵    {coming}\n")
    print("それぞれの機械の machine.toml に、この2行を書きます（hub の番地は、そのハブのもの）。")
    print(f'hub = "https://…"\nhub_pins = ["{used}", "{coming}"]')
