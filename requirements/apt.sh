# shellcheck shell=sh
# Debian packages, for a script that sources this and has say().

# Lists that are months old install a browser that is months old. Without a network the lists that are there must do.
refresh_package_lists() {
    [ -z "${package_lists_asked:-}" ] || return 0
    package_lists_asked=yes
    printed=$(apt-get update -qq -o APT::Update::Error-Mode=any -o Acquire::Retries=1 2>&1) ||
        say "the package lists could not be refreshed; those that are there are used ($(last_line "$printed"))"
}

last_line() { printf '%s\n' "$1" | sed -n '$p'; }

# apt_install PACKAGE…: 0 = they are installed; else not (not root, no apt-get, or apt-get refused and that was said).
apt_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    say "installing Debian package(s): $*"
    export DEBIAN_FRONTEND=noninteractive
    refresh_package_lists
    printed=$(apt-get install -y -qq --no-install-recommends "$@" 2>&1) && return 0
    say "apt-get could not install them ($(last_line "$printed"))"
    return 1
}
