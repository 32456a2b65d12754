"""A visitor's browser that sends the form of a board, on a connection that is kept."""

import http.client
from collections.abc import Mapping
from urllib.parse import urlencode

_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Sec-Fetch-Site": "same-origin",
}


class Form:
    """The form for a new post."""

    def __init__(self, port: int, board: str) -> None:
        """`port`: of the web process, on loopback."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._path = f"/boards/{board}/new"

    def send(self, fields: Mapping[str, object]) -> None:
        """Post it; when this returns the post is on the disk."""
        body = urlencode({name: str(value) for name, value in fields.items()})
        self._connection.request("POST", self._path, body, _HEADERS)
        response = self._connection.getresponse()
        response.read()
        assert response.status == 303, f"the form was answered with {response.status}"

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
