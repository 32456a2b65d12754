"""`kairan provision image`: what a blank mini-PC runs, once it is a machine of the town."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from node.refused import Refused, Subparsers
from provisioning.disk.making import make_image
from provisioning.package_cache import WHEELS, fetch, to_fetch, whole
from provisioning.release_file import make_release
from provisioning.root_file_system import build
from provisioning.seed_commands import provision_acts


def add_commands(commands: Subparsers) -> None:
    """Put `image` beside what else `provision` does."""
    acts = provision_acts(commands)
    help_ = "パッケージを集め（--fetch）、集めたものから、機械のイメージを作ります（--disk）。"
    image = acts.add_parser("image", help=help_, description=help_)
    image.add_argument(
        "--cache", metavar="DIR", type=Path, required=True, help="パッケージのフォルダー"
    )
    image.add_argument(
        "--fetch", action="store_true", help="パッケージを集める（回線がいるのは、ここだけです）"
    )
    help_ = "画面をつなぐ機械のもの（ブラウザーが入り、大きくなります）"
    image.add_argument("--screens", action="store_true", help=help_)
    image.add_argument("--renew", action="store_true", help="新しい版を選び直して集める")
    image.add_argument("--disk", metavar="FILE", type=Path, help="作るイメージ（write で書くもの）")
    image.add_argument(
        "--rootfs", metavar="FILE", type=Path, help="作る tar ファイル（カーネルのない、中身だけ）"
    )
    image.add_argument(
        "--release", metavar="FILE", type=Path, help="作る版のファイル（更新で運ぶもの）"
    )
    help_ = "することを言うだけで、集めず、作らない"
    image.add_argument("--dry-run", action="store_true", help=help_)
    image.set_defaults(does=_image)


def _image(told: argparse.Namespace) -> None:
    if told.renew and not told.fetch:
        raise Refused("--renew は --fetch と一緒に使います。")
    if not told.fetch and told.rootfs is None and told.disk is None and told.release is None:
        raise Refused("--fetch、--disk、--rootfs、--release で、することを教えてください。")
    if told.dry_run:
        print("\n".join(_planned(told)))
        print("まだ何もしていません。")
        return
    if told.fetch:
        lock = fetch(told.cache, renew=told.renew, screens=told.screens)
        wheels = sum(path.startswith(f"{WHEELS}/") for path in lock.files)
        print(
            f"{told.cache}: Debianのパッケージ{len(lock.files) - wheels}個と、"
            f"Pythonのパッケージ{wheels}個がそろっています。"
        )
    making: Sequence[tuple[Path | None, Callable[[Path, Path], object]]] = (
        (told.rootfs, partial(build, screens=told.screens)),
        (told.disk, partial(make_image, screens=told.screens)),
        (told.release, make_release),
    )
    for out, make in making:
        if out is not None:
            make(told.cache, out)
            print(f"{out} を作りました（{out.stat().st_blocks * 512 / 1e6:,.0f} MB）。")


def _planned(told: argparse.Namespace) -> Iterator[str]:
    """What would be done. Raises Refused where it couldn't."""
    missing = None
    if told.fetch:
        missing = to_fetch(told.cache, renew=told.renew, screens=told.screens)
        if missing is None:
            yield f"{told.cache} に、パッケージを選んで集めます（回線を使います）。"
        elif missing:
            yield f"{told.cache} に、足りない{len(missing)}個を集め直します（回線を使います）。"
        else:
            yield f"{told.cache} には、もうそろっています。"
    outs = [out for out in (told.rootfs, told.disk, told.release) if out is not None]
    if outs and told.fetch and missing != []:
        yield f"それから、{'、'.join(map(str, outs))} を作ります。"
    elif outs:
        made = datetime.fromtimestamp(whole(told.cache, screens=told.screens).made, UTC)
        yield f"{made:%Y-%m-%d} のパッケージから、{'、'.join(map(str, outs))} を作ります。"
