"""The road to the hub is closed by a key: real processes, and a hub that changes it."""

from pathlib import Path

import pytest

from sync.machine.keys import tls_key
from sync.machine.pin import TLS_FILE, pin_in_words
from sync.machine.settings import SETTINGS_FILE
from sync.machine.tls import pins, self_signed
from tests.patience import until
from tests.stories.clocks import Clock
from tests.stories.machines import Machine, Running, town

pytestmark = pytest.mark.slow

EVENT = {"starts_on": "2031-04-05", "place": "上郷公民館"}


def is_equal(machine: Machine) -> bool:
    return all(peer.reached and not peer.problem for peer in machine.status().peers)


def says(machine: Machine, words: str) -> bool:
    return words in machine.kairan("status")


def test_posts_cross_by_the_hubs_key_until_it_is_another_and_go_on_once_that_was_told(
    tmp_path: Path,
) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set("1970-01-01 00:00:10")
    with town(tmp_path) as machines:
        hub, here = machines.hub, machines.here
        hub.start()
        with clock.worn():
            here.start()
        until(lambda: is_equal(here))

        # The next key was told from the beginning.
        hub.stop()
        assert "動かし直す" in hub.kairan("hub-key", "--change")
        hub.start()
        record = here.visitor.post("event", title="鍵の替わった日の会", **EVENT)
        until(lambda: is_equal(here))

        # A key that nobody was told: somebody else, or a hub that lost both.
        hub.stop()
        (hub.folder / TLS_FILE).write_bytes(self_signed(tls_key()))
        hub.start()
        until(lambda: says(here, "ハブの鍵が、教えられているものと違います"))
        until(lambda: "ハブの鍵が、教えられているものと違います" in here.visitor.reads("/status"))
        assert "鍵の替わった日の会" in here.visitor.reads(record)

        assert here.running is not None
        here.running.kill()  # libfaketime has its own idea of how long a clean end may take
        here.running = None
        settings = here.folder / SETTINGS_FILE
        told = hub.kairan("hub-key").strip().splitlines()[-1]
        lines = settings.read_text().splitlines()
        lines = [told if line.startswith("hub_pins") else line for line in lines]
        settings.write_text("\n".join(lines) + "\n")
        here.start()
        until(lambda: is_equal(here))
        assert pin_in_words(pins(hub.folder)[0]) in told

        # Somebody there who answers in clear.
        hub.stop()
        (hub.folder / TLS_FILE).unlink()
        plain = Machine(hub.part, hub.folder, hub.port)
        log = tmp_path / "plain.log"
        arguments = ("hub", "--data", plain.folder, "--port", str(plain.port))
        with Running(*arguments, log=log):
            until(lambda: says(here, "暗号で応えません"))
