#!/bin/sh
# PostgreSQL's beginning: a new cluster with one user and one database, if there is none; then the server itself.
# The password is read from PASSWORD_FILE and is never on a command line. PASSWORD is for throw-away test containers.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
export PATH="$bin:$PATH" PGDATA=/data/cluster
user=${POSTGRES_USER:-transfer}
password_file=${PASSWORD_FILE:-/run/lab/database/password}

if [ -n "${PASSWORD:-}" ]; then
    password_file=/tmp/password
    (umask 077 && printf '%s' "$PASSWORD" >"$password_file")
    unset PASSWORD
fi

case ${1:-serve} in
ready) exec pg_isready -q -h 127.0.0.1 -U "$user" ;;
serve) ;;
*) exec "$@" ;;
esac

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    rm -rf "$PGDATA"
    initdb --username="$user" --pwfile="$password_file" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
    # Before anybody can connect: the database itself.
    echo "CREATE DATABASE $user;" | postgres --single -j postgres >/dev/null
fi
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections="${POSTGRES_CONNECTIONS:-100}"
