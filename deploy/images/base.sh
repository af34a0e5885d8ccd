#!/bin/sh
# Make the base image of every container from Debian packages alone: no image is pulled from anywhere.
#   deploy/images/base.sh [TAG]        default debian-python:local; does nothing if the image is there (--force: anew)
# Needs root, debootstrap and a Docker engine. DEBIAN_MIRROR: your mirror; default: debootstrap's own.
set -eu
tag=debian-python:local force=
for word in "$@"; do case $word in --force) force=1 ;; *) tag=$word ;; esac; done
suite=${DEBIAN_SUITE:-bookworm}

say() { printf 'base image: %s\n' "$*" >&2; }
fail() { say "$1"; say "remedy: $2"; exit 1; }

docker version >/dev/null 2>&1 || fail "no Docker engine answers" "start one (as root: dockerd), or install docker.io"
[ -n "$force" ] || ! docker image inspect "$tag" >/dev/null 2>&1 || exit 0
[ "$(id -u)" = 0 ] || fail "debootstrap needs root" "run it as root, or import another image with Debian's Python 3.11 as $tag"
command -v debootstrap >/dev/null 2>&1 || fail "debootstrap is missing" "apt-get install debootstrap"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say "debootstrap of Debian $suite; a minute or two"
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$suite" "$work/root" ${DEBIAN_MIRROR:-} \
    >"$work/log" 2>&1 || { tail -n 15 "$work/log" >&2; fail "debootstrap failed" "check the network or DEBIAN_MIRROR"; }
# What no container reads; dates and ids that differ from build to build.
cd "$work/root"
rm -rf usr/share/doc/* usr/share/man/* usr/share/info/* usr/share/locale/* usr/share/lintian var/cache/apt/*.bin \
    var/cache/apt/archives/*.deb var/lib/apt/lists/* var/log/* tmp/* etc/machine-id var/cache/ldconfig/aux-cache
# Your mirror's address is nobody else's business; later stages are given it as an argument.
[ -z "${DEBIAN_MIRROR:-}" ] || : >etc/apt/sources.list
find . -name __pycache__ -type d -prune -exec rm -rf {} +
# The day on which each account's password was "set".
sed -i -E 's/^([^:]*:[^:]*):[0-9]+:/\1:1:/' etc/shadow
: >etc/machine-id
: >etc/resolv.conf
: >etc/hostname
say "importing as $tag"
tar --numeric-owner --sort=name --mtime=@0 -C "$work/root" -c . |
    docker import --change 'CMD ["/bin/sh"]' --message "Debian $suite with Python, by debootstrap" - "$tag" >/dev/null
say "$tag is ready: $(docker image inspect --format '{{.Size}}' "$tag" | awk '{printf "%.0f MB", $1 / 1000000}')"
