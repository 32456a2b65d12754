"""A hub goes on with newer software beside the old, and back, as docs/UPDATES.md has it."""

import os
import shutil
from pathlib import Path

import pytest

from tests.patience import until
from tests.stories.machines import copied, kairan, titles, town
from tests.stories.versions import CHECKOUT, PACKAGES

FORM_BEFORE = "STEPS: Sequence[Sequence[str]] = ()"
FORM_AFTER = 'STEPS: Sequence[Sequence[str]] = (("CREATE TABLE of_form_2 (it INTEGER)",),)'


def newer_software(folder: Path) -> Path:
    """Another checkout, which gives ledgers a new form."""
    for package in PACKAGES:
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / package, folder / package, ignore=left_out)
    path = folder / "sync/machine/form.py"
    text = path.read_text()
    assert FORM_BEFORE in text
    path.write_text(text.replace(FORM_BEFORE, FORM_AFTER))
    return folder


def test_a_hub_goes_on_with_newer_software_and_back_from_the_copy_with_nothing_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = newer_software(tmp_path / "newer")
    with town(tmp_path / "town") as machines:
        hub, office, here, there = machines
        for machine in (hub, here, there):
            machine.start()

        def crosses(title: str) -> None:
            here.visitor.post("event", title=title, starts_on="2030-05-05", place="広間")
            until(lambda: title in titles(there))

        crosses("前のハブの会")
        hub.stop()
        copy = copied(hub.folder, tmp_path / "copy")
        with monkeypatch.context() as patch:
            patch.setenv("PYTHONPATH", str(newer), prepend=os.pathsep)
            hub.start()
            crosses("新しいハブの会")
            hub.stop()
        asked = ("hub", "--data", hub.folder, "--port", str(hub.port))
        assert "もっと新しい版の Kairan が書いたものです" in kairan(*asked, code=1)
        hub.folder = copy
        hub.start()
        crosses("また前のハブの会")
        office.start()  # it has heard of nothing yet, and hears all of the hub
        all_of_them = {"前のハブの会", "新しいハブの会", "また前のハブの会"}
        until(lambda: titles(office) >= all_of_them)
