# The load balancer before the service's API: HAProxy from Debian packages, as an ordinary user on a read-only root.
ARG BASE_IMAGE=debian-python:local
FROM ${BASE_IMAGE}
ARG EXTRA_CA=""
LABEL org.opencontainers.image.title="attachment-transfer-balancer" \
      org.opencontainers.image.description="HAProxy before the transfer service's API, from Debian packages"
RUN set -eu; \
    if [ -n "$EXTRA_CA" ]; then printf '%s\n' "$EXTRA_CA" > /tmp/ca.pem; printf 'Acquire::https::CAInfo "/tmp/ca.pem";\n' > /etc/apt/apt.conf.d/99-build; fi; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get update -qq; \
    apt-get install -y -qq --no-install-recommends haproxy >/dev/null; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* /usr/share/man/* /var/log/* /tmp/ca.pem /etc/apt/apt.conf.d/99-build; \
    mkdir -p /run/lab/tls; chown 10001:10001 /run/lab/tls
COPY --chown=0:0 deploy/images/haproxy.cfg /etc/haproxy/haproxy.cfg
COPY --chown=0:0 deploy/images/healthy.sh /usr/local/bin/healthy
USER 10001:10001
EXPOSE 443 8104
STOPSIGNAL SIGUSR1
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s CMD ["healthy", "8104", "/balancer-health"]
ENTRYPOINT ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]
