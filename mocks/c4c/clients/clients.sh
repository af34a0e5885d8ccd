#!/bin/sh
# Install the clients' locked libraries: `clients.sh install [NAME…]` (all without a name); `clients.sh lock [NAME…]`
# writes their lock files anew. A name is a folder beside this file.
set -eu
cd "$(dirname "$0")"

say() { printf 'clients: %s\n' "$*" >&2; }
fail() { say "$1"; say "remedy: $2"; exit 1; }

. ../../../requirements/apt.sh

# A lock file names no registry; what a package would run at its installation does not run.
export npm_config_omit_lockfile_registry_resolved=true npm_config_ignore_scripts=true npm_config_audit=false npm_config_fund=false

check_node() {
    command -v npm >/dev/null 2>&1 || apt_install nodejs npm ||
        fail "there is no npm" "apt-get install nodejs npm (Debian), or Node 18 or newer with its npm"
    node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' ||
        fail "node $(node --version) is too old" "install Node 18 or newer"
}

install() {
    wanted=$(cat "$1/package.json" "$1/package-lock.json" | sha256sum | cut -d' ' -f1)
    [ "$(cat "$1/node_modules/.installed" 2>/dev/null)" != "$wanted" ] || return 0
    say "installing $1"
    (cd "$1" && npm ci --silent) ||
        fail "npm could not install $1" "check that npm reaches a registry (npm config, proxy, CA)"
    echo "$wanted" >"$1/node_modules/.installed"
}

lock() {
    (cd "$1" && rm -f package-lock.json && npm install --silent --package-lock-only)
    ! grep -q '"resolved"' "$1/package-lock.json" || fail "$1/package-lock.json names a registry" "npm 8.15 or newer"
}

command=${1:-install}
[ $# = 0 ] || shift
check_node
[ $# -gt 0 ] || set -- */package.json
for each in "$@"; do
    [ -f "${each%/package.json}/package.json" ] || fail "there is no client $each" "one of: $(echo */package.json | sed 's|/package.json||g')"
    case $command in
    install) install "${each%/package.json}" ;;
    lock) lock "${each%/package.json}" ;;
    *) fail "no such command: $command" "clients.sh install, or clients.sh lock" ;;
    esac
done
