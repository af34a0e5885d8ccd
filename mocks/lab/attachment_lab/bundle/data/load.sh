#!/bin/sh
# The stack from one archive, on a machine without network.
#   ./load.sh verify        every file is what it was when the archive was written
#   ./load.sh load          verify, then give the images to the Docker engine
#   ./load.sh up            load what is missing, start, wait until everything is healthy, say where it answers
#   ./load.sh down          remove containers, networks and volumes; the images stay
#   ./load.sh python DIR    a virtual environment in DIR from the wheels, without Docker (if the archive brings wheels)
# Nothing is fetched: an image that is missing is an error. Exit 0 good, 1 failed, 2 wrong use.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wait_s=${WAIT_S:-240}

say() { printf 'load: %s\n' "$*" >&2; }
fail() { say "$1"; say "remedy: $2"; exit 1; }

engine() {
    command -v docker >/dev/null 2>&1 || fail "there is no docker command" "install the docker.io package of your distribution"
    platform=$(docker version --format '{{.Server.Os}}/{{.Server.Arch}}' 2>/dev/null) ||
        fail "no Docker engine answers" "start one (as root: dockerd), or let DOCKER_HOST name yours"
}

compose() {
    if docker compose version >/dev/null 2>&1; then set -- docker compose "$@"
    elif command -v docker-compose >/dev/null 2>&1; then set -- docker-compose "$@"
    else fail "there is no docker compose" "install docker-compose, or Docker's compose plugin"; fi
    (cd "$here/stack" && "$@")
}

verify() {
    say "checking $(wc -l <"$here/SHA256SUMS") files"
    (cd "$here" && sha256sum --quiet --strict --check SHA256SUMS >&2) ||
        fail "a file differs from what was written, or is missing" "copy the archive again and unpack it anew"
}

# Says which images the engine lacks, or holds with other content than the archive's.
lacking() {
    while read -r id _ name; do
        [ "$(docker image inspect --format '{{.Id}}' "$name" 2>/dev/null)" = "$id" ] || printf '%s\n' "$name"
    done <"$here/images.txt"
}

load() {
    engine
    while read -r _ built_for name; do
        [ "$built_for" = "$platform" ] || fail "$name is for $built_for, this engine runs $platform" "write the archive on such a machine"
    done <"$here/images.txt"
    verify
    say "giving $(wc -l <"$here/images.txt") images to the engine; a minute or two"
    docker load --quiet --input "$here/images.tar.gz" >&2
    [ -z "$(lacking)" ] || fail "not what the archive names after loading: $(lacking | tr '\n' ' ')" "see the engine's log"
    say "loaded"
}

# One line for each container that is not where it belongs; one that ended well is.
unsettled() {
    compose ps -a -q | xargs -r docker inspect --format '{{.Name}} {{if and (eq .State.Status "running") .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}/{{.State.ExitCode}}{{end}}' |
        grep -v ' healthy$\| running/0$\| exited/0$' || true
}

up() {
    engine
    [ -z "$(lacking)" ] || load
    say "starting"
    compose up -d --no-build >&2 || fail "the stack did not start" "see the lines above; ./load.sh down removes what is there"
    waited_s=0
    while [ -n "$(unsettled)" ]; do
        [ "$waited_s" -lt "$wait_s" ] || { unsettled >&2; fail "not everything is healthy after $wait_s s" "docker logs, for the names above"; }
        sleep 1
        waited_s=$((waited_s + 1))
    done
    say "the stack is up; it answers at"
    compose ps -a -q | xargs -r docker inspect --format '{{$n := .Name}}{{range $p, $b := .NetworkSettings.Ports}}{{range $b}}{{$n}} http://{{.HostIp}}:{{.HostPort}}{{"\n"}}{{end}}{{end}}' |
        sed -n 's,^/\(.*\) \(http.*\)$,  \2  \1,p'
}

python() {
    [ -d "$here/wheels" ] || fail "this archive brings no wheels" "write it with --lock"
    [ -n "${1:-}" ] || { say "which folder? ./load.sh python DIR"; exit 2; }
    verify
    ${PYTHON:-python3} -m venv "$1" || fail "python3 cannot make a virtual environment" "install python3 and python3-venv"
    set -- "$1" "$1/bin/python" -m pip --disable-pip-version-check --quiet install --no-index --find-links "$here/wheels"
    venv=$1
    shift
    for lock in "$here"/requirements/*.txt; do
        "$@" --require-hashes --requirement "$lock" || fail "the wheels do not fit $("$venv/bin/python" --version) here" "use the Python and the platform that wrote the archive"
    done
    "$@" --no-deps "$here"/wheels/attachment_contract-*.whl "$here"/wheels/attachment_transfer-*.whl "$here"/wheels/attachment_lab-*.whl
    say "ready: $venv/bin/attachment-lab demo, $venv/bin/attachment-transfer --help, $venv/bin/attachment-contract --help"
}

case ${1:-} in
verify) verify && say "every file is as it was written" ;;
load) load ;;
up) up ;;
down) engine; compose down --volumes --remove-orphans >&2 ;;
python) shift; python "$@" ;;
*) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
