#!/bin/sh
# Write the locks anew: every version pinned with its hashes, no registry named. Needs uv on the PATH or in .venv.
# The three distributions are built from here and never fetched, so no lock names them.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .venv/bin/uv)
compile() {
    "$uv" pip compile --quiet --python-version 3.11 --generate-hashes \
        --no-emit-package attachment-contract --no-emit-package attachment-transfer --no-emit-package attachment-lab \
        --no-emit-index-url --no-emit-find-links --no-header "$@"
}
compile requirements/build.in -o requirements/build.txt
compile service/pyproject.toml -o requirements/service.txt
compile contract_tests/pyproject.toml -c requirements/service.txt -o requirements/contract.txt
compile mocks/pyproject.toml -c requirements/service.txt -o requirements/lab.txt
compile mocks/pyproject.toml service/pyproject.toml --all-extras --group pyproject.toml:test \
    --override requirements/overrides.txt -c requirements/lab.txt -o requirements/test.txt
# For `make mutants` alone: a tool with many dependencies.
compile requirements/mutants.in -c requirements/test.txt -o requirements/mutants.txt
