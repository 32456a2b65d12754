"""The application that templates are read for; in an image they were read when it was made.

`python -m kiosk_ui.compiled` does that, where the package lies. To read them costs a slow machine
seconds of its start. A checkout has none that were read, and reads what is written.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Never, TypeVar

from flask import Flask
from flask.templating import DispatchingJinjaLoader
from jinja2 import ModuleLoader

from kiosk_ui.wording import WordedEnvironment

COMPILED = Path(__file__).with_name("compiled_templates")
FILTERS = ("furigana", "unbroken")
"""Those of ours."""

_T = TypeVar("_T", bound=Callable[..., object])


class Application(Flask):
    """One whose templates are worded."""

    jinja_environment = WordedEnvironment
    jinja_options = {"trim_blocks": True, "lstrip_blocks": True}  # noqa: RUF012  # as Flask has it

    def ensure_sync(self, func: _T) -> _T:
        """Nothing here is a coroutine, so it isn't asked of each function of each request."""
        return func

    def create_global_jinja_loader(self) -> DispatchingJinjaLoader:
        """Of what was compiled, where something was."""
        if COMPILED.is_dir():
            return ModuleLoader(COMPILED)  # type: ignore[return-value]  # it loads as any other
        return super().create_global_jinja_loader()


def compile_into(folder: Path) -> None:
    """Each template as a module of Python."""
    read = Application("kiosk_ui").jinja_env
    read.filters |= dict.fromkeys(FILTERS, _not_yet)
    read.compile_templates(folder, zip=None, ignore_errors=False)


def _not_yet(_: str) -> Never:
    """Where it can't be called it is left for the time of drawing."""
    raise NotImplementedError


if __name__ == "__main__":
    compile_into(COMPILED)
