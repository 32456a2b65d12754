"""The command of a hub beside `kairan hub`, which runs it: `kairan status`."""

import argparse
import json
import sys

from hub.hub import open_hub
from hub.status import in_words, status


def print_status(told: argparse.Namespace) -> None:
    """Say how the hub in `told.data` is, to a program if `told.json`."""
    hub = open_hub(told.data)
    now = status(hub)
    if told.json:
        json.dump(now.as_json(), sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print(in_words(now, hub.settings.town_names))
