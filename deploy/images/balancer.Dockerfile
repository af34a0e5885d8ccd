# The load balancer before the service's API: HAProxy from Debian packages, as an ordinary user on a read-only root.
ARG BASE_IMAGE=debian-python:local

FROM ${BASE_IMAGE} AS packages
ARG EXTRA_CA=""
ARG DEBIAN_MIRROR=""
COPY deploy/images/debian.sh /tmp/
RUN /tmp/debian.sh /changed haproxy

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="attachment-transfer-balancer" \
      org.opencontainers.image.description="HAProxy before the transfer service's API, from Debian packages"
COPY --from=packages /changed /
COPY --chown=0:0 deploy/images/haproxy.cfg /etc/haproxy/haproxy.cfg
COPY --chown=0:0 deploy/images/healthy.sh /usr/local/bin/healthy
RUN mkdir -p /run/lab/tls && chown 10001:10001 /run/lab/tls
USER 10001:10001
EXPOSE 443 8104
STOPSIGNAL SIGUSR1
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s CMD ["healthy", "8104", "/balancer-health"]
ENTRYPOINT ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]
