#!/bin/sh
# A fresh Debian 12 checkout becomes able to run: `checkout.sh run`, or `checkout.sh test`, or, for what
# must hold before a release, `checkout.sh test release`.
#
# Everything Python is put into .venv, from the locks and nowhere else. A stamp in .venv holds the
# hash of all that went in, so doing it again does nothing.
set -eu

purpose="${1:?run or test}"
suites="${2-}"
here="$(cd "$(dirname "$0")/.." && pwd)"
venv="$here/.venv"
cd "$here"

# What the tests need from Debian. To run, nothing but a Python that can make a virtual environment, and
# to print, what draws letters.
print_packages="
    fonts-morisawa-bizud-gothic
    libharfbuzz-subset0
    libpango-1.0-0
    libpangoft2-1.0-0
"
test_packages="
    $print_packages
    avahi-daemon
    avahi-utils
    busybox
    cage
    chromium
    dbus
    dnsmasq-base
    dosfstools
    e2fsprogs
    exfat-fuse
    exfatprogs
    faketime
    fdisk
    fonts-noto-cjk
    fusefat
    git
    hostapd
    iproute2
    libnss3-tools
    libtss2-esys-3.0.2-0
    libtss2-rc0
    libtss2-tcti-swtpm0
    mmdebstrap
    mount
    mtools
    nftables
    poppler-utils
    python3-venv
    squashfs-tools
    swtpm
    systemd
    systemd-container
    util-linux
    wpasupplicant
    wrk
    xdotool
    xvfb
"

# Whole machines, for what must hold before a release.
release_packages="
    libdevmapper1.02.1
    ovmf
    qemu-system-x86
"

say() { printf '%s\n' "$*" >&2; }

# die WHAT-HAPPENED WHAT-TO-DO
die() {
    say "$1"
    say "→ $2"
    exit 1
}

installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# debian REASON PACKAGE... : installs what is missing, or says what to type.
debian() {
    reason="$1"
    shift
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is not Debian. $reason needs what Debian calls: $*"
        return
    fi
    missing=""
    for package in "$@"; do
        installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        die "$reason needs Debian packages that are not here:$missing" \
            "Type: sudo apt-get update && sudo apt-get install --no-install-recommends$missing"
    fi
    say "Installing Debian packages:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet --quiet ||
        say "The package lists could not be renewed; trying with those that are here."
    # shellcheck disable=SC2086  # one word per package
    apt-get install -o DPkg::Lock::Timeout=300 --yes --quiet --quiet --no-install-recommends $missing >&2 ||
        die "Debian could not install:$missing" "Check the link, then start this again."
}

# wished REASON PACKAGE... : the same for what isn't needed; nothing ends where it isn't to be had.
wished() {
    (debian "$@") || say "Going on without it."
}

makes_venvs() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python_to_use() {
    for python in python3 /usr/bin/python3; do
        if makes_venvs "$python"; then
            echo "$python"
            return
        fi
    done
    debian "Setting up" python3-venv
    makes_venvs /usr/bin/python3 ||
        die "No Python 3.11 or newer that can make virtual environments is here." \
            "Install one (Debian 12 calls it python3-venv), then start this again."
    echo /usr/bin/python3
}

[ "$purpose" = run ] || [ "$purpose" = test ] || die "Nobody set up for '$purpose' yet." "Say run or test."
if [ "$purpose" = test ]; then
    # shellcheck disable=SC2086
    debian "Testing" $test_packages
    lock=requirements-dev.txt
else
    lock=requirements-speech.txt
fi

wanted="$({ pwd && cat "$lock" requirements.txt pyproject.toml provisioning/checkout.sh; } | sha256sum)"
stamp="$venv/set-up-to-$purpose"
# Commands in a virtual environment name its place, so one that was moved must be made anew.
is_whole() {
    grep --quiet --fixed-strings "$venv/bin/python" "$venv/bin/pip" 2>/dev/null &&
        "$venv/bin/python" -m pip --version >/dev/null 2>&1
}
is_set_up() { [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; }
if [ "${suites#*release}" != "$suites" ]; then
    # shellcheck disable=SC2086
    debian "Testing a release" $release_packages
fi
is_set_up && exit

# Two that start at once take turns.
exec 9<"$here"
flock 9
is_set_up && exit

# shellcheck disable=SC2086
[ "$purpose" != run ] || wished "Printing" $print_packages
python="$(python_to_use)"
say "Setting up to $purpose in .venv; this takes a minute or two, once."
is_whole ||
    "$python" -m venv --clear "$venv" ||
    die "The virtual environment .venv could not be made." "Check the free space, then start this again."
# Twice quiet: errors only.
pip() { "$venv/bin/python" -m pip --quiet --quiet --no-input --disable-pip-version-check "$@"; }
locked() { pip install --require-hashes --only-binary :all: --requirement "$1"; }
if ! locked "$lock"; then
    [ "$purpose" != run ] || say "The voice that reads posts aloud can't be had here. Going on without it."
    { [ "$purpose" = run ] && locked requirements.txt; } ||
        die "The packages in $lock could not be installed." "Check the link, then start this again."
fi
pip install --no-deps --no-build-isolation --no-index --editable . ||
    die "Kairan itself could not be installed into .venv." "Delete .venv, then start this again."
printf '%s\n' "$wanted" >"$stamp.new"
mv "$stamp.new" "$stamp"
say "Ready."
