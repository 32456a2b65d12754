"""A root file system with Kairan in it, as one tar: of a whole cache, this checkout, and nothing
else.

The same cache and the same checkout give the same bytes, on whatever machine and day. No machine's
name, key or settings are in it; those are put beside it, one folder a machine.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from node.refused import Refused
from provisioning.package_cache import (
    DEBS,
    DISK_DEBS,
    HERE,
    PIP,
    SCREEN_DEBS,
    WHEELS,
    Deb,
    Lock,
    left_out,
    wanted_beside_it,
    wanted_by_the_program,
    whole,
)
from provisioning.programs import check_programs, run

CHECKOUT = HERE.parent
UNITS = CHECKOUT / "systemd"
FILES = HERE / "image" / "files"
FILES_OF_DISKS = HERE / "image" / "disk_files"
FILES_OF_SCREENS = HERE / "image" / "screen_files"
PROGRAM = Path("opt/kairan")
SITE = PROGRAM / "lib/python3.11/site-packages"
LANGUAGE = Path("opt/kairan-language")
"""Voice and dictionaries, beside the program: another version of that finds them there too."""

SUITE = "bookworm"

_SEEN_INSIDE = "/tmp"  # noqa: S108  # what is left there of the way to the packages is swept away
_HOOKS = Path("/usr/share/mmdebstrap/hooks")
_CONFIGURATION_OF_SYSTEMD = ("sysusers.d", "tmpfiles.d")
_LEFT_OUT = ("usr/share/man/*", "usr/share/locale/*", "usr/share/info/*", "usr/share/doc/*")
# In this order: what leads there by itself is set first, and would find it taken.
_HOOKS_OF_SCREENS = ('ln --force --symbolic /dev/null "$1/etc/systemd/system/ctrl-alt-del.target"',)
_HOOKS_OF_DISKS = (
    'rm -r "$1/usr/lib/firmware/intel-ucode" "$1/usr/lib/firmware/amd-ucode"',  # in the initrd
)
_NOT_LEFT_OUT = ("usr/share/doc/*/copyright",)

_STARTER = """\
#!/opt/kairan/bin/python3
from cli.main import main

main()
"""
_CONFIGURATION = """\
home = /usr/bin
include-system-site-packages = false
"""


def build(cache: Path, out: Path, *, starts_machines: bool = False, screens: bool = False) -> Lock:
    """Write it, whole or not at all; what it is made of. Raises Refused.

    One that starts machines has a kernel, what their parts need to go, and what finds its disk; one
    for machines with screens of their own has a browser that shows the boards there.
    """
    check_programs("mmdebstrap")
    if not UNITS.is_dir():
        raise Refused("Kairanのソース（git clone したフォルダー）の中で動かしてください。")
    lock = whole(cache, screens=screens)
    half = out.with_name(f".{out.name}.half.tar")
    with TemporaryDirectory(dir=_SEEN_INSIDE, prefix="kairan-rootfs-") as folder:
        work = Path(folder)
        more = {
            DISK_DEBS: (starts_machines, FILES_OF_DISKS),
            SCREEN_DEBS: (screens, FILES_OF_SCREENS),
        }
        folders = [FILES, *(files for wished, files in more.values() if wished)]
        ours = _ours(work, cache, lock, folders)
        named = lock.debs(DEBS, *(name for name, (wished, _) in more.items() if wished))
        debs = list({deb.name: deb for deb in named}.values())  # some are there for both
        try:
            _bootstrap(
                work,
                cache,
                lock,
                debs,
                ours,
                half,
                starts_machines=starts_machines,
                screens=screens,
            )
            half.replace(out)
        finally:
            half.unlink(missing_ok=True)
    return lock


def _ours(work: Path, cache: Path, lock: Lock, folders: Iterable[Path]) -> Path:
    """A tar of what isn't Debian's; what is in the folders, and units and programs."""
    tree = work / "ours"
    for folder in folders:
        shutil.copytree(folder, tree, dirs_exist_ok=True)
    units = tree / "usr/lib/systemd/system"
    shutil.copytree(UNITS, units, ignore=_only_units, dirs_exist_ok=True)
    for name in _CONFIGURATION_OF_SYSTEMD:
        shutil.copytree(UNITS / name, tree / "usr/lib" / name)
    shutil.copytree(UNITS / "journald.conf.d", tree / "etc/systemd/journald.conf.d")
    install_kairan(work, tree, cache, lock)
    _install_language(work, tree, cache, lock)
    archive = work / "ours.tar"
    as_root = ["--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"]
    in_order = ["--sort=name", f"--mtime=@{lock.made}", "--format=posix"]
    in_order += ["--pax-option=delete=atime,delete=ctime"]
    tar = ["tar", "--create", f"--file={archive}", *as_root, *in_order, f"--directory={tree}", "."]
    run(tar, "ファイルをまとめられません。")
    return archive


def install_kairan(work: Path, tree: Path, cache: Path, lock: Lock) -> None:
    """A virtual environment, made by hand: it names no folder of the machine that makes it."""
    env = _environment(lock)
    ready = ["--no-index", "--no-deps", "--no-build-isolation"]
    wheel = [*PIP, "wheel", *ready, f"--wheel-dir={work / 'kairan'}", str(CHECKOUT)]
    run(wheel, "Kairanのパッケージを作れません。", env=env)
    _install(tree / SITE, *_locked(work, cache, wanted_by_the_program()), env=env)
    _install(tree / SITE, f"--find-links={work / 'kairan'}", "kairan", env=env)
    compile_templates = [sys.executable, "-m", "kiosk_ui.compiled"]
    in_the_tree = {**env, "PYTHONPATH": str(tree / SITE), "PYTHONDONTWRITEBYTECODE": "1"}
    run(compile_templates, "画面のひな形を読み込めません。", env=in_the_tree, folder=work)
    (tree / SITE / "kairan-language.pth").write_text(f"/{LANGUAGE}\n")
    programs = tree / PROGRAM / "bin"
    programs.mkdir()
    (programs / "python3").symlink_to("/usr/bin/python3")
    (programs / "kairan").write_text(_STARTER)
    (programs / "kairan").chmod(0o755)
    (tree / PROGRAM / "pyvenv.cfg").write_text(_CONFIGURATION)
    _compile(tree, SITE, env=env)


def _install_language(work: Path, tree: Path, cache: Path, lock: Lock) -> None:
    env = _environment(lock)
    _install(tree / LANGUAGE, *_locked(work, cache, wanted_beside_it()), env=env)
    for tests in sorted((tree / LANGUAGE).glob("numpy/**/tests")):
        shutil.rmtree(tests)
    _compile(tree, LANGUAGE, env=env)


def _environment(lock: Lock) -> dict[str, str]:
    return {**os.environ, "SOURCE_DATE_EPOCH": str(lock.made), "PYTHONHASHSEED": "0"}


def _locked(work: Path, cache: Path, wanted: str) -> tuple[str, ...]:
    asked = work / "wanted.txt"
    asked.write_text(wanted)
    found = f"--find-links={cache.resolve() / WHEELS}"
    return (found, "--require-hashes", f"--requirement={asked}")


def _install(into: Path, *what: str, env: Mapping[str, str]) -> None:
    how = ["--no-compile", "--no-index", "--no-deps", f"--target={into}"]
    run([*PIP, "install", *how, *what], "Pythonのパッケージを入れられません。", env=env)
    shutil.rmtree(into / "bin", ignore_errors=True)  # with this machine's Python in them


def _compile(tree: Path, folder: Path, *, env: Mapping[str, str]) -> None:
    compiled = ["-q", "--invalidation-mode=unchecked-hash", "-s", str(tree), "-p", "/"]
    # Whatever can't be compiled is an example of a library's, or for another Python.
    command = [sys.executable, "-m", "compileall", *compiled, str(tree / folder)]
    subprocess.run(command, capture_output=True, env=env)


def _bootstrap(
    work: Path,
    cache: Path,
    lock: Lock,
    debs: Sequence[Deb],
    ours: Path,
    out: Path,
    *,
    starts_machines: bool,
    screens: bool,
) -> None:
    repository = work / "debian"
    _make_repository(repository, cache, lock, debs)
    hooks = [
        'chroot "$1" systemd-sysusers',
        'chroot "$1" systemctl preset-all --quiet',
        'rm -f "$1/etc/resolv.conf" "$1/etc/apt/sources.list"',
        'rm -f "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap"',
        'ln -s ../run/systemd/resolve/stub-resolv.conf "$1/etc/resolv.conf"',
        'touch "$1/etc/.updated" "$1/var/.updated"',  # nothing is made anew at the first start
        *(_HOOKS_OF_DISKS if starts_machines else ()),
        *(_HOOKS_OF_SCREENS if screens else ()),
    ]
    never = [*(f"/{path}" for path in _LEFT_OUT), *(left_out() if starts_machines else ())]
    command = [
        *("mmdebstrap", "--quiet", "--mode=auto", "--variant=essential", "--format=tar"),
        *(f"--hook-dir={_HOOKS / name}" for name in ("merged-usr", "file-mirror-automount")),
        f"--include={','.join(f'{deb.name}={deb.version}' for deb in debs)}",
        *(f"--dpkgopt=path-exclude={path}" for path in never),
        *(f"--dpkgopt=path-include=/{path}" for path in _NOT_LEFT_OUT),
        "--dpkgopt=force-unsafe-io",  # what isn't whole is thrown away
        f"--essential-hook=tar-in {ours} /",  # before what looks for it is set up
        *(f"--customize-hook={hook}" for hook in hooks),
        *(SUITE, str(out), f"deb [trusted=yes] file:{repository} {SUITE} main"),
    ]
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(lock.made), "LC_ALL": "C.UTF-8"}
    run(command, "ルートファイルシステムを作れません。", env=env)


def _make_repository(folder: Path, cache: Path, lock: Lock, debs: Sequence[Deb]) -> None:
    """What apt installs from: those locked packages alone."""
    architecture = run(["dpkg", "--print-architecture"], "dpkg がありません。").strip()
    pool, suite = folder / DEBS, folder / "dists" / SUITE
    index = suite / "main" / f"binary-{architecture}" / "Packages"
    pool.mkdir(parents=True)
    index.parent.mkdir(parents=True)
    for deb in debs:
        shutil.copy(cache / deb.path, pool)
    index.write_text("\n".join(_described(cache, lock, debs)))
    size, digest = index.stat().st_size, run(["sha256sum", str(index)], "").split()[0]
    (suite / "Release").write_text(
        f"Suite: {SUITE}\nCodename: {SUITE}\nComponents: main\nArchitectures: {architecture}\n"
        f"SHA256:\n {digest} {size} {index.relative_to(suite)}\n"
    )


def _described(cache: Path, lock: Lock, debs: Iterable[Deb]) -> Iterator[str]:
    for deb in debs:
        path = cache / deb.path
        told = run(["dpkg-deb", "--field", str(path)], f"{path} を読めません。")
        yield (
            f"{told.strip()}\nFilename: {DEBS}/{path.name}\n"
            f"Size: {path.stat().st_size}\nSHA256: {lock.files[deb.path]}\n"
        )


def _only_units(folder: str, names: list[str]) -> list[str]:
    """What isn't a unit, or added to one."""
    if Path(folder) != UNITS:
        return []
    return [name for name in names if not name.endswith((".service", ".socket", ".service.d"))]
