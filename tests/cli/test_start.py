"""What the screens load before their first page is what that page needs."""

import subprocess
import sys
from pathlib import Path

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


def test_the_first_page_waits_for_nothing_that_few_pages_need(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    node.database.close()
    command = [sys.executable, "-c", ASK, str(node.settings.folder), *OF_FEW_PAGES]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["200"]
