#!/bin/sh
# Check the pages' JavaScript and CSS: `js.sh check` (format, lint, line length, types, unit tests), `js.sh format` rewrites.
# The tools come from package-lock.json into node_modules; they are for checks alone: demo and service need no Node.
set -eu
cd "$(dirname "$0")/.."
most_columns=120

say() { printf 'js: %s\n' "$*" >&2; }
fail() { say "$1"; say "remedy: $2"; exit 1; }

. requirements/apt.sh

sources() { git ls-files --cached --others --exclude-standard '*.js' '*.css'; }

install_tools() {
    command -v npm >/dev/null 2>&1 || apt_install nodejs npm || fail "there is no npm" "apt-get install nodejs npm (Debian)"
    node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' ||
        fail "node $(node --version) is too old" "install Node 18 or newer"
    wanted=$(cat package.json package-lock.json | sha256sum | cut -d' ' -f1)
    [ "$(cat node_modules/.installed 2>/dev/null)" != "$wanted" ] || return 0
    say "installing the locked tools"
    npm ci --silent || fail "npm could not install the locked tools" "check that npm reaches a registry (npm config, proxy, CA)"
    echo "$wanted" >node_modules/.installed
}

check_columns() {
    # Counted in characters: awk counts bytes unless its locale says otherwise.
    long=$(sources | tr '\n' '\0' | LC_ALL=C.UTF-8 xargs -0 grep -nE ".{$((most_columns + 1))}" | cut -c1-160 || true)
    [ -z "$long" ] || fail "lines above $most_columns columns:
$long" "break them"
}

install_tools
case ${1:-check} in
check)
    node_modules/.bin/biome check --error-on-warnings
    check_columns
    for each in tsconfig*.json; do node_modules/.bin/tsc --project "$each"; done
    # shellcheck disable=SC2046 # one word per file, none has a blank
    node --test $(git ls-files --cached --others --exclude-standard '*/tests/js/*.test.js')
    ;;
format) node_modules/.bin/biome check --write ;;
*) fail "no such command: $1" "js.sh check, or js.sh format" ;;
esac
