#!/bin/sh
# Install into an image under construction: `image.sh packages TARGET LOCK`, then `image.sh projects TARGET FOLDER…`.
# EXTRA_CA (PEM text) and PIP_INDEX_URL come from build arguments and are used here only.
set -eu
# pip runs in the image's own Python and would leave byte code there that differs from build to build.
export PYTHONDONTWRITEBYTECODE=1
what=$1 target=$2
shift 2
ca=/tmp/extra-ca.pem
if [ -n "${EXTRA_CA:-}" ]; then
    { cat /etc/ssl/certs/ca-certificates.crt 2>/dev/null || true; printf '%s\n' "$EXTRA_CA"; } >"$ca"
    export PIP_CERT="$ca"
fi
[ -n "${PIP_INDEX_URL:-}" ] || unset PIP_INDEX_URL
pip() { python3 -m venv /tmp/builder; /tmp/builder/bin/python -m pip --disable-pip-version-check --no-cache-dir --quiet "$@"; }

case $what in
packages)
    python3 -m venv --without-pip "$target"
    pip --python "$target/bin/python" install --no-compile --require-hashes -r "$1"
    ;;
projects)
    pip install --require-hashes -r requirements/build.txt
    pip wheel --no-deps --no-build-isolation -w /tmp/wheel "$@"
    pip --python "$target/bin/python" install --no-compile --no-deps --no-index /tmp/wheel/*.whl
    # Where the wheels lay while the image was built does not belong in the image.
    rm -f "$target"/lib/python3*/site-packages/attachment_*.dist-info/direct_url.json
    sed -i '/direct_url.json/d' "$target"/lib/python3*/site-packages/attachment_*.dist-info/RECORD
    ;;
esac
rm -rf "$ca" /tmp/builder /tmp/wheel
