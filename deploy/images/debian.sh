#!/bin/sh
# Install Debian packages in a build stage and gather what that changed: debian.sh TARGET PACKAGE…
#   FROM ${BASE_IMAGE} AS packages
#   ARG EXTRA_CA=""
#   ARG DEBIAN_MIRROR=""
#   COPY deploy/images/debian.sh /tmp/
#   RUN /tmp/debian.sh /changed haproxy
#   FROM ${BASE_IMAGE}
#   COPY --from=packages /changed /
# EXTRA_CA (PEM text) and DEBIAN_MIRROR (base address of a mirror) come from build arguments. A build argument is written
# into the history of each later layer of its stage, so only this stage may have them; nothing of them is in TARGET.
# COPY makes everything root's: whatever the program writes to needs an owner in the last stage.
set -eu
target=$1
shift
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
sources=/tmp/sources.list options=
# Packages arrive as they were made; what is new here is what has changed since this file was written.
start=/tmp/start
: >"$start"
sleep 1 # a file's time of change has to be later, and the clock that stamps it ticks coarsely

if [ -n "${DEBIAN_MIRROR:-}" ]; then
    printf 'deb %s %s main\n' "$DEBIAN_MIRROR" "$suite" >"$sources"
    options="-o Dir::Etc::sourcelist=$sources -o Dir::Etc::sourceparts=/dev/null"
fi
if [ -n "${EXTRA_CA:-}" ]; then
    { cat /etc/ssl/certs/ca-certificates.crt; printf '%s\n' "$EXTRA_CA"; } >/tmp/ca.pem
    options="$options -o Acquire::https::CAInfo=/tmp/ca.pem"
fi

export DEBIAN_FRONTEND=noninteractive SOURCE_DATE_EPOCH=86400 # the day on which a new account's password was "set"
# shellcheck disable=SC2086 # several words on purpose
apt-get $options update -qq
# shellcheck disable=SC2086
apt-get $options install -y -qq --no-install-recommends "$@" >/dev/null
rm -rf /tmp/ca.pem "$sources" /var/lib/apt/lists/* /var/cache/* /var/log/* /usr/share/doc/* /usr/share/man/* \
    /usr/share/locale/* /usr/share/lintian /var/lib/dpkg/*-old /var/backups/*

# The package ssl-cert makes a private key while it is installed: every copy of an image would hold the same one.
rm -f /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem
find /etc/ssl/certs -xtype l -cnewer "$start" -delete

# What is the same in both builds in all but its date, or speaks of this build alone, is no change.
mkdir -p "$target"
find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /run -o -path "$target" -o -name __pycache__ \
    -o -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf -o -path /.dockerenv \) -prune \
    -o -cnewer "$start" -print0 |
    LC_ALL=C sort -z | tar --null --no-recursion --files-from - --create | tar --directory "$target" --extract --preserve-permissions
rm -f "$start"
