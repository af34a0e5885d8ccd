# PostgreSQL from Debian packages, as an ordinary user on a read-only root; the data lie in /data.
ARG BASE_IMAGE=debian-python:local

FROM ${BASE_IMAGE} AS packages
ARG EXTRA_CA=""
ARG DEBIAN_MIRROR=""
COPY deploy/images/debian.sh /tmp/
RUN mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf && \
    /tmp/debian.sh /changed postgresql && \
    rm -rf /changed/usr/lib/*-linux-gnu/libLLVM-*.so* /changed/usr/lib/postgresql/*/lib/llvmjit* /changed/usr/lib/postgresql/*/lib/bitcode

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="attachment-transfer-postgres" \
      org.opencontainers.image.description="PostgreSQL for the transfer service's ledger, from Debian packages"
COPY --from=packages /changed /
COPY --chown=0:0 deploy/images/postgres.sh /usr/local/bin/postgres.sh
RUN usermod --uid 10001 postgres && groupmod --gid 10001 postgres && \
    mkdir -p /data /run/lab/database && chown 10001:10001 /data /run/lab/database && chmod 700 /data
USER 10001:10001
VOLUME /data
EXPOSE 5432
STOPSIGNAL SIGINT
HEALTHCHECK --interval=3s --timeout=3s --start-period=60s CMD ["/usr/local/bin/postgres.sh", "ready"]
ENTRYPOINT ["/usr/local/bin/postgres.sh"]
CMD ["serve"]
