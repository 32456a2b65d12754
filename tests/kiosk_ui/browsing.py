"""A real Chromium before real screens: what the tests that look at them share."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from node.node import Node
from tests.node.serving import end_streams

CHROMIUM = Path("/usr/bin/chromium")
ON_THE_WIFI = "centre.test"  # a phone's own address would be the kiosk's here
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    f"--host-resolver-rules=MAP {ON_THE_WIFI} 127.0.0.1",
]
PATIENCE_MS = 60_000  # on a busy machine; most takes a hundredth
PHONES = [(320, 568), (390, 844)]
KIOSKS = [(1920, 1080), (1080, 1920)]
OLD_SCREENS = [(1280, 720), (1024, 768)]
"""Cheap monitors that a centre has already; a kiosk, too."""

MEASURE = (Path(__file__).parent / "measure.js").read_text()
LYING_OVER_EACH_OTHER = """() => {
  const boxes = [...document.querySelectorAll("main a, main button, main h2, main p")]
    .filter((e) => e.checkVisibility() && !e.closest(".unseen"))
    .map((e) => [e, e.getBoundingClientRect()])
    .filter(([e, box]) => {
      const within = e.closest(".cards")?.getBoundingClientRect();
      return box.width > 2 && (!within || box.left < within.right);
    });
  const found = [];
  boxes.forEach(([one, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
    if (one.contains(other) || other.contains(one)) return;
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 1) found.push([one.textContent.trim(), other.textContent.trim()]);
  }));
  return found;
}"""
"""What lies over what, of that in a page which one presses or reads."""

NOTHING_WRONG = {"pale": [], "small": [], "tiny": [], "wide": 0}


def on_the_wifi(node: Node) -> Node:
    """The same, known to phones by the name they ask for here."""
    node.settings = replace(node.settings, called=f"http://{ON_THE_WIFI}")
    return node


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[int]:
    """The port at which it is served, in threads as granian serves it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        end_streams(app)
        server.shutdown()
        thread.join()
        server.server_close()


def opened(chromium: Browser, width: int, height: int, *, javascript: bool) -> Page:
    """A page of a browser that remembers nothing."""
    context = chromium.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=javascript, locale="ja-JP"
    )
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()
