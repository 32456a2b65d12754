"""Pictures of every page in the four sizes, made anew into `docs/screens/`, where people look."""

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.kiosk_ui.every_page import every_page
from tests.kiosk_ui.screenshots import SCREENS, SIZES, shown, take_all

COLOURS_MIN = 4


@pytest.mark.slow
def test_every_page_is_pictured_in_every_size_where_it_is_seen(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with shown(tmp_path_factory.mktemp("town")) as there:
        taken = take_all(chromium, there, SCREENS)
        sights = every_page(there.made)
    for size, (width, height) in SIZES.items():
        seen = {name for name, sight in sights.items() if sight.is_seen(at_kiosk=width >= 1000)}
        assert {file.stem for file in taken[size]} == seen
        for file in taken[size]:
            with Image.open(file) as picture:
                assert picture.width == width
                assert picture.height >= height
                assert len(picture.convert("RGB").getcolors(1 << 24) or ()) >= COLOURS_MIN
