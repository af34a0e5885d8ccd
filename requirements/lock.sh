#!/bin/sh
# Write the locks anew: every version pinned with its hashes, no registry named. Needs uv on the PATH or in .venv.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .venv/bin/uv)
compile() {
    "$uv" pip compile --quiet --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header "$@"
}
compile requirements/build.in -o requirements/build.txt
compile pyproject.toml -o requirements/service.txt
compile pyproject.toml --extra lab -c requirements/service.txt -o requirements/lab.txt
compile pyproject.toml --extra lab --extra test -c requirements/lab.txt -o requirements/test.txt
