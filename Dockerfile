# The image of every process of the engine; `--target sftp` is the SFTP server of the drop folder.
# Everything comes from locked hashes and wheels: nothing is compiled, and no stage that builds is kept.

FROM python:3.13-slim-trixie AS wheel
WORKDIR /build
COPY requirements-build.txt ./
RUN pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY shared shared
COPY services services
RUN python -m hatchling build --target wheel --directory /wheels


FROM python:3.13-slim-trixie AS environment
WORKDIR /build
# Without pip of its own, and without the embedded servers: they have containers of their own here.
RUN python -m venv --without-pip /opt/ascip-sync
COPY requirements-server.txt ./
RUN pip --python /opt/ascip-sync/bin/python install --no-cache-dir --require-hashes --only-binary :all: \
    --requirement requirements-server.txt
COPY --from=wheel /wheels /wheels
RUN pip --python /opt/ascip-sync/bin/python install --no-cache-dir --no-deps --no-index /wheels/*.whl


FROM debian:trixie-slim AS sftp
LABEL org.opencontainers.image.title="ASCIP Sync Engine: SFTP" \
      org.opencontainers.image.licenses="MIT"
# The user has the engine's number, so that the watcher may move what was uploaded. `*` is no password,
# but unlike the default it doesn't lock the account. Host keys are made at first start, never here.
# hadolint ignore=DL3008  # the distribution's current security fixes
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openssh-server \
    && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_* \
    && groupadd --gid 10001 hr \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir / --shell /usr/sbin/nologin \
        --password '*' hr \
    && install --directory --mode 0755 /srv/sftp /etc/ascip-sftp /run/sshd \
    && install --directory --owner hr --group hr --mode 0700 /srv/sftp/drop
COPY --chmod=0644 services/watcher/sftp/sshd_config /etc/ascip-sftp/sshd_config
COPY --chmod=0755 services/watcher/sftp/entrypoint.sh /etc/ascip-sftp/entrypoint.sh
EXPOSE 2222
CMD ["/etc/ascip-sftp/entrypoint.sh"]


FROM python:3.13-slim-trixie AS engine
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ASCIP Sync Engine" \
      org.opencontainers.image.description="Keeps staff in ASCIP aligned with an HR extract" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Volumes take their owner and mode from these folders when they are first used.
RUN groupadd --gid 10001 ascip \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin ascip \
    && install --directory --owner ascip --group ascip --mode 0700 /data /srv/drop \
    && install --directory --mode 0755 /etc/ascip-sync
COPY --from=environment /opt/ascip-sync /opt/ascip-sync
# Modules come from the environment only, never from the folder a command is called in.
ENV PATH=/opt/ascip-sync/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
# Commands find config.toml here: `docker compose exec worker ascip-sync status`.
WORKDIR /etc/ascip-sync
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=4 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/readyz', timeout=8)"]
CMD ["python", "-m", "services.web"]
