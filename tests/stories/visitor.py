"""A visitor without JavaScript: opens pages, fills in the forms that are there, and sends them."""

import http.client
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

ANSWER_SECONDS_MAX = 60  # on a busy machine
_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Form:
    """A form as a page has it: what it would send if nothing were changed."""

    action: str = ""
    method: str = "get"
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)  # every control, checked or not

    def filled(self, **typed: str) -> "Form":
        """The same form with this typed into it; only into boxes that are there."""
        missing = typed.keys() - self.names
        assert not missing, f"the form has no {missing}"
        return Form(self.action, self.method, {**self.values, **typed}, self.names)


@dataclass(frozen=True, slots=True)
class Page:
    """What came back."""

    address: str
    status: int
    location: str
    content: str
    forms: tuple[Form, ...]
    text: str  # what a person reads

    def form(self, *, ending: str) -> Form:
        """The form that is sent to an address with that end."""
        found = [
            form
            for form in self.forms
            if form.method == "post" and urlsplit(form.action).path.endswith(ending)
        ]
        assert len(found) == 1, f"{self.address}: {self.status}: {self.text[:500]}"
        return found[0]


class Visitor:
    """Somebody with a browser, at one machine."""

    def __init__(self, url: str, *, remembers: bool = False) -> None:
        """`url`: of the machine. `remembers`: whether the browser keeps cookies."""
        self.url = url
        self.sent: list[bytes] = []
        """All that was typed: the bodies of forms, and what stood behind a `?`."""
        self._cookies: dict[str, str] | None = {} if remembers else None

    def open(self, path: str) -> Page:
        """Go to a page; where it leads elsewhere, that is followed."""
        page = self.ask("GET", path)
        while page.status in (301, 302, 303, 307, 308):
            page = self.ask("GET", page.location)
        return page

    def send(self, form: Form) -> Page:
        """Press the button."""
        return self.ask("POST", form.action, urlencode(form.values))

    def post(self, board: str, **typed: str) -> str:
        """Post to a board; the address of the page that shows it."""
        page = self.open(f"/boards/{board}/new")
        assert page.status == 200, page.text
        return self._done(self.send(page.form(ending="/new").filled(**typed)))

    def edit(self, record: str, **typed: str) -> None:
        """Change a post."""
        form = self.open(f"{record}/edit").form(ending="/edit")
        self._done(self.send(form.filled(**typed)))

    def remove(self, record: str) -> None:
        """Take a post down."""
        self._done(self.send(self.open(f"{record}/remove").form(ending="/remove")))

    def reads(self, path: str) -> str:
        """What a page says, as one line."""
        return self.open(path).text

    def ask(self, method: str, path: str, body: str | bytes = "", *, kind: str = _FORM) -> Page:
        """One request. Raises OSError or HTTPException where nobody answers."""
        parts = urlsplit(urljoin(self.url, path))
        self.sent += [body.encode() if isinstance(body, str) else body, parts.query.encode()]
        with closing(_connection(parts.scheme, parts.hostname or "", parts.port)) as connection:
            headers = {"Origin": self.url} if method == "POST" else {}
            if body:
                headers["Content-Type"] = kind
            if self._cookies:
                headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            content = response.read().decode(errors="replace")
            for cookie in response.headers.get_all("Set-Cookie", ()):
                name, _, value = cookie.partition(";")[0].partition("=")
                if self._cookies is not None:
                    self._cookies[name] = value
        reader = _Reader(path)
        if "html" in response.headers.get("Content-Type", ""):
            reader.feed(content)
            reader.close()
        return Page(
            address=path,
            status=response.status,
            location=response.headers.get("Location", ""),
            content=content,
            forms=tuple(reader.forms),
            text=" ".join("".join(reader.said).split()) if reader.said else content,
        )

    @staticmethod
    def _done(page: Page) -> str:
        assert page.status == 303, f"{page.status}: {page.text}"
        return urlsplit(page.location).path


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    """Whoever answers: a visitor has been told no key."""
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS_MAX)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=ANSWER_SECONDS_MAX, context=context)


class _Reader(HTMLParser):
    """Forms and text of a page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self.forms: list[Form] = []
        self.said: list[str] = []
        self._form: Form | None = None
        self._area = ""
        self._select = ""
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag in ("script", "style", "title"):
            self._silent += 1
        if tag == "form":
            action = urljoin(self._address, told.get("action") or self._address)
            self._form = Form(action, told.get("method", "get").lower())
            self.forms.append(self._form)
        name = told.get("name", "")
        if self._form is None or not name:
            if tag == "option" and self._select and "selected" in told and self._form:
                self._form.values[self._select] = told.get("value", "")
            return
        match tag, told.get("type", "text"):
            case "input", "checkbox" | "radio":
                self._form.names.add(name)
                if "checked" in told:
                    self._form.values[name] = told.get("value", "on")
            case "input", kind if kind not in ("submit", "button", "image", "reset"):
                self._form.names.add(name)
                self._form.values[name] = told.get("value", "")
            case "textarea", _:
                self._form.names.add(name)
                self._form.values[name] = ""
                self._area = name
            case "select", _:
                self._form.names.add(name)
                self._select = name

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._form = None
            case "textarea":
                self._area = ""
            case "select":
                self._select = ""
            case "script" | "style" | "title":
                self._silent -= 1
        if tag not in ("b", "em", "i", "ruby", "span", "strong"):
            self.said.append(" ")

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.values[self._area] += data.removeprefix("\n")
        elif not self._silent:
            self.said.append(data)
