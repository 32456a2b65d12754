"""What the screens load before their first page is what it needs; a command, what it does."""

import argparse
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from cli.main import COMMANDS
from node.refused import Subparsers
from tests.cli.kairan import done
from tests.node.builders import Village

OF_FEW_PAGES = (
    *("apscheduler", "babel", "cryptography.x509", "icalendar", "openpyxl", "sudachipy"),
    *("weasyprint", "zeroconf"),
)
ASK = """
import sys
from pathlib import Path
from kiosk_ui.app import create_app
from node.node import open_node
answer = create_app(open_node(Path(sys.argv[1]))).test_client().get("/")
print(answer.status_code, *(name for name in sys.argv[2:] if name in sys.modules))
"""

DO = """
import sys
from cli.main import main
main()
print(*sys.modules)
"""


def test_the_first_page_waits_for_nothing_that_few_pages_need(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    node.database.close()
    command = [sys.executable, "-c", ASK, str(node.settings.folder), *OF_FEW_PAGES]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["200"]


def test_each_command_is_found_where_it_is_looked_for() -> None:
    for name, brought in COMMANDS.items():
        found: Subparsers = argparse.ArgumentParser().add_subparsers()
        import_module(name).add_commands(found)
        assert found.choices.keys() == brought, name


def test_whoever_asks_what_there_is_hears_of_every_command() -> None:
    assert frozenset().union(*COMMANDS.values()) <= set(done("--help").out.split())


def test_a_command_loads_none_of_another(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    node.database.close()
    command = [sys.executable, "-c", DO, "people", "--data", str(node.settings.folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    loaded = set(said.splitlines()[-1].split())
    assert "node.commands" in loaded
    assert not {
        name
        for name in loaded
        if name.startswith(("cli.machines", "cli.village", "hub", "provisioning"))
    }
