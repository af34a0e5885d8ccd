#!/bin/sh
# The stack in containers: deploy/compose_stack.sh up | down | check | status.
#   up      build what is missing, start, wait until everything is healthy, play one small chat through, say where it is
#   down    remove its containers, networks and volumes; images stay
#   check   play one small chat through and reconcile it (exit 0 only if every invariant holds)
# EDI="one.json two.json": at `up`, a customer's configuration; the stack is made for its hosts, users and secret names.
# CONSOLE_PORT (8100), BALANCER_PORT (8104), COMPOSE_PROFILES (core,demo), COMPOSE_PROJECT_NAME, TAG; SKIP_BUILD=1.
set -eu
here=$(pwd)
cd "$(dirname "$0")/.."

say() { printf 'stack: %s\n' "$*" >&2; }
fail() { say "$1"; say "remedy: $2"; exit 1; }

if docker compose version >/dev/null 2>&1; then compose="docker compose"
elif command -v docker-compose >/dev/null 2>&1; then compose="docker-compose"
else fail "there is no docker compose" "apt-get install docker-compose (as root)"; fi

export COMPOSE_PROJECT_NAME="${COMPOSE_PROJECT_NAME:-$(sed -n 's/^COMPOSE_PROJECT_NAME=//p' .env)}"
profiles=${COMPOSE_PROFILES:-$(sed -n 's/^COMPOSE_PROFILES=//p' .env)}
console=http://127.0.0.1:${CONSOLE_PORT:-8100} balancer=http://127.0.0.1:${BALANCER_PORT:-8104}
# What `up` made of EDI; the stack has it until `down`.
own=$PWD/.lab/$COMPOSE_PROJECT_NAME
extended() { [ ! -f "$own/compose.yml" ] || compose="$compose -f docker-compose.yml -f $own/compose.yml"; }

configure() {
    [ -n "${EDI:-}" ] || return 0
    rm -rf "$own"
    mkdir -p "$own/edi"
    number=10
    for file in $EDI; do
        case $file in /*) ;; *) file=$here/$file ;; esac
        [ -r "$file" ] || fail "$file cannot be read" "EDI='one.json two.json', paths without blanks"
        cp "$file" "$own/edi/$number-$(basename "$file")"
        number=$((number + 1))
    done
    # It holds no secret: names of secrets alone. Another user reads it.
    chmod -R u=rwX,go=rX "$own"
    docker run --rm --network none -v "$own/edi:/run/lab/edi:ro" "attachment-transfer-lab:${TAG:-local}" \
        -m attachment_lab.containers configure --folder "$own/edi" >"$own/compose.new" || {
        rm -rf "$own"
        fail "the configuration cannot be played" "see the lines above; attachment-contract check says more"
    }
    mv "$own/compose.new" "$own/compose.yml"
}

engine() {
    docker version >/dev/null 2>&1 || fail "no Docker engine answers" "start one (as root: dockerd), or: apt-get install docker.io"
}

# A job of the lab that needs the stack's network and the console's settings: a container of its own, removed at once.
job() { $compose run --rm --no-deps -T tenants -m attachment_lab.containers "$@"; }

up() {
    engine
    # In a bundle there is nothing to build from: the images came with it.
    [ -n "${SKIP_BUILD:-}" ] || [ ! -x deploy/images/build.sh ] || deploy/images/build.sh
    configure
    extended
    say "starting; a minute at most"
    log=$(mktemp)
    if ! $compose up -d --remove-orphans >"$log" 2>&1; then
        tail -n 12 "$log" >&2
        if grep -qi 'port is already allocated\|address already in use' "$log"; then
            rm -f "$log"
            fail "a port is taken" "end who has it, or: make up CONSOLE_PORT=9100 BALANCER_PORT=9104"
        fi
        rm -f "$log"
        $compose logs --no-color --tail 15 >&2 || true
        fail "the stack did not start" "see the lines above; 'make down' removes what is there"
    fi
    rm -f "$log"
    healthy
    check
    say "the stack is up"
    case ,$profiles, in *,demo,*) printf '  console              %s\n' "$console" ;; esac
    printf '  service, by balancer %s   (operator page: %s/operator)\n' "$balancer" "$balancer"
    case ,$profiles, in *,observability,*) printf '  Grafana              http://127.0.0.1:%s\n' "${GRAFANA_PORT:-8109}" ;; esac
    printf 'make down removes it.\n'
}

healthy() {
    for _ in $(seq 180); do
        states=$(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" | xargs docker inspect --format \
            '{{index .Config.Labels "com.docker.compose.service"}} {{if and .State.Running .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}/{{.State.ExitCode}}{{end}}')
        waiting=$(printf '%s\n' "$states" | grep -v ' healthy$\| exited/0$' || true)
        [ -n "$waiting" ] || return 0
        sleep 1
    done
    printf '%s\n' "$waiting" >&2
    $compose logs --no-color --tail 15 $(printf '%s\n' "$waiting" | cut -d' ' -f1) >&2 || true
    fail "not everything is healthy after three minutes" "see the lines above"
}

check() {
    say "playing one small chat through"
    job check || fail "the reconciliation's invariants do not hold, or the chain did not settle" "$compose logs"
}

case ${1:-} in
up) up ;;
down) engine; extended; $compose --profile observability down --volumes --remove-orphans; rm -rf "$own" ;;
check) engine; extended; check ;;
status) engine; extended; $compose ps ;;
*) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
