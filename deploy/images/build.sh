#!/bin/sh
# Build every image of the stack, after the base. Unchanged layers are reused, so a second run takes seconds.
#   deploy/images/build.sh            all;  deploy/images/build.sh service lab   only these
# EXTRA_CA_FILE: PEM bundle of your company's CA. PIP_INDEX_URL, DEBIAN_MIRROR: your own. TAG: default local.
set -eu
cd "$(dirname "$0")/../.."
tag=${TAG:-local} base=${BASE_IMAGE:-debian-python:local}

say() { printf 'images: %s\n' "$*" >&2; }

[ -n "${BASE_IMAGE:-}" ] || deploy/images/base.sh "$base"
ca=
if [ -n "${EXTRA_CA_FILE:-}" ]; then
    # A build argument holds 128 KiB at most; a company's own authorities come last in a bundle.
    ca=$(tail -c 100000 "$EXTRA_CA_FILE" | awk '/-----BEGIN/ {on = 1} on')
fi

build() {
    say "building attachment-transfer$1"
    started=$(date +%s)
    docker build -q --network host -f "$2" --build-arg "BASE_IMAGE=$base" --build-arg "EXTRA_CA=$ca" \
        --build-arg "PIP_INDEX_URL=${PIP_INDEX_URL:-}" --build-arg "DEBIAN_MIRROR=${DEBIAN_MIRROR:-}" -t "attachment-transfer$1:$tag" . >/dev/null
    size=$(docker image inspect --format '{{.Size}}' "attachment-transfer$1:$tag" | awk '{printf "%.0f MB", $1 / 1000000}')
    say "attachment-transfer$1:$tag is ready: $size, $(($(date +%s) - started)) s"
}

for image in ${*:-service lab postgres balancer}; do
    case $image in
    service) build "" service/Dockerfile ;;
    lab) build -lab mocks/lab/Dockerfile ;;
    postgres) build -postgres deploy/images/postgres.Dockerfile ;;
    balancer) build -balancer deploy/images/balancer.Dockerfile ;;
    *) say "no image is called $image: service, lab, postgres, balancer"; exit 2 ;;
    esac
done
