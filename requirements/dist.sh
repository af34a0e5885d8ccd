#!/bin/sh
# Build the three wheels, their locks, checksums and INSTALL.txt: dist.sh [FOLDER [PYTHON]], default dist and .venv's Python,
# which has requirements/build.txt installed. The same commit gives the same bytes: the files in a wheel bear
# SOURCE_DATE_EPOCH, by default the commit's time.
set -eu
cd "$(dirname "$0")/.."
to=${1:-dist}
python=${2:-.venv/bin/python}
# Without a repository hatchling takes a fixed date of its own.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || true)}
[ -z "$epoch" ] || export SOURCE_DATE_EPOCH="$epoch"

mkdir -p "$to/requirements"
rm -f "$to"/attachment_*.whl
"$python" -m pip --disable-pip-version-check --quiet wheel --no-deps --no-build-isolation --wheel-dir "$to" \
    ./contract_tests ./service ./mocks
cp requirements/contract.txt requirements/service.txt requirements/lab.txt "$to/requirements/"
cd "$to"
contract=$(echo attachment_contract-*.whl) transfer=$(echo attachment_transfer-*.whl) lab=$(echo attachment_lab-*.whl)
sha256sum "$contract" "$transfer" "$lab" requirements/*.txt >SHA256SUMS

cat >INSTALL.txt <<END
In this folder. Name the wheel files: the three names are not registered on any package index, so never install them by name.

    sha256sum --check SHA256SUMS

The gate, attachment-contract:
    python3 -m pip install ./$contract

The transfer service, attachment-transfer (traces: append [otel] to the last file's name):
    python3 -m pip install ./$contract ./$transfer

The lab, attachment-lab (Testcontainers fixtures: append [containers] to the last file's name):
    python3 -m pip install ./$contract ./$transfer ./$lab

To have every version as it was tested, install the lock first (contract.txt, service.txt or lab.txt):
    python3 -m pip install --require-hashes --requirement requirements/contract.txt
    python3 -m pip install --no-deps ./$contract
END
