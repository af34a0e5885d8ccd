# PostgreSQL from Debian packages, as an ordinary user on a read-only root; the data lie in /data.
ARG BASE_IMAGE=debian-python:local
FROM ${BASE_IMAGE}
ARG EXTRA_CA=""
LABEL org.opencontainers.image.title="attachment-transfer-postgres" \
      org.opencontainers.image.description="PostgreSQL for the transfer service's ledger, from Debian packages"
RUN set -eu; \
    if [ -n "$EXTRA_CA" ]; then printf '%s\n' "$EXTRA_CA" > /tmp/ca.pem; printf 'Acquire::https::CAInfo "/tmp/ca.pem";\n' > /etc/apt/apt.conf.d/99-build; fi; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get update -qq; \
    mkdir -p /etc/postgresql-common; echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf; \
    apt-get install -y -qq --no-install-recommends postgresql >/dev/null; \
    rm -f /usr/lib/*-linux-gnu/libLLVM-*.so* /usr/lib/postgresql/*/lib/llvmjit*; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* /usr/share/man/* /var/log/* /tmp/ca.pem /etc/apt/apt.conf.d/99-build; \
    usermod --uid 10001 postgres; groupmod --gid 10001 postgres; \
    mkdir -p /data /run/lab/database; chown 10001:10001 /data /run/lab/database; chmod 700 /data
COPY --chown=0:0 deploy/images/postgres.sh /usr/local/bin/postgres.sh
USER 10001:10001
VOLUME /data
EXPOSE 5432
STOPSIGNAL SIGINT
HEALTHCHECK --interval=3s --timeout=3s --start-period=60s CMD ["/usr/local/bin/postgres.sh", "ready"]
ENTRYPOINT ["/usr/local/bin/postgres.sh"]
CMD ["serve"]
