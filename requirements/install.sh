#!/bin/sh
# Set up .venv from nothing: `install.sh lab` for the demo, `install.sh test` for the tests as well.
# Runs once per lock: a stamp in .venv remembers what was installed. As root on Debian it installs what is missing.
set -eu
cd "$(dirname "$0")/.."
level=$1
python=${PYTHON:-python3}

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$1"; say "remedy: $2"; exit 1; }

. requirements/apt.sh

command -v "$python" >/dev/null 2>&1 || apt_install python3 python3-venv ||
    fail "there is no $python" "install Python 3.11 or newer, or set PYTHON=/path/to/python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old" "use Python 3.11 or newer: make PYTHON=/path/to/python3.11 …"

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    say "making .venv"
    "$python" -m venv .venv 2>/dev/null || { rm -rf .venv; apt_install python3-venv && "$python" -m venv .venv; } ||
        fail "cannot make a virtual environment" "apt-get install python3-venv (Debian), or use a Python with venv"
fi

wanted=$(cat requirements/build.txt "requirements/$level.txt" requirements/install.sh ./*/pyproject.toml | sha256sum | cut -d' ' -f1)
stamp=".venv/installed-$level"
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    say "installing the locked packages ($level); the first time takes a minute or two"
    pip=".venv/bin/python -m pip --disable-pip-version-check --quiet"
    $pip install --require-hashes -r requirements/build.txt 2>.venv/pip.log &&
        $pip install --require-hashes --no-deps -r "requirements/$level.txt" 2>>.venv/pip.log &&
        $pip install --no-build-isolation --no-deps --editable ./contract_tests --editable ./service --editable ./mocks 2>>.venv/pip.log || {
        tail -n 15 .venv/pip.log >&2
        fail "pip could not install the locked packages" "check that pip reaches a package index (PIP_INDEX_URL, proxy, CA)"
    }
    echo "$wanted" >"$stamp"
fi

# The fonts are those of e2e/instrument/fonts.conf: pictures of the pages must look the same on every machine.
browser_parts() {
    command -v chromium >/dev/null 2>&1 || echo chromium
    fonts=/usr/share/fonts/truetype
    [ -d "$fonts/liberation" ] || echo fonts-liberation
    [ -f "$fonts/dejavu/DejaVuSans.ttf" ] || echo fonts-dejavu-core
    [ -d "$fonts/droid" ] || echo fonts-droid-fallback
    [ -f "$fonts/noto/NotoColorEmoji.ttf" ] || echo fonts-noto-color-emoji
}

if [ "$level" = test ]; then
    missing=$(browser_parts | tr '\n' ' ')
    # shellcheck disable=SC2086 # one word per package
    if [ -n "$missing" ]; then
        apt_install $missing || {
            say "missing and could not be installed: $missing; the browser tests that need them will fail and say so"
            say "remedy: apt-get install $missing(as root)"
        }
    fi
fi
