# The page
FROM node:20-slim AS page
WORKDIR /source/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY schema/schema.graphql ../schema/
COPY frontend/ ./
RUN npm run build

# The wheel, and everything it needs, in one virtual environment
FROM python:3.12-slim AS wheel
WORKDIR /source
RUN python -m venv /opt/gpuctl
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY domain/ domain/
COPY persistence/ persistence/
COPY integrations/ integrations/
COPY resolvers/ resolvers/
COPY schema/ schema/
COPY server/ server/
COPY --from=page /source/frontend/dist/ frontend/dist/
RUN /opt/gpuctl/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt .

FROM python:3.12-slim
LABEL org.opencontainers.image.title="K8s GPU Management" \
      org.opencontainers.image.licenses="Apache-2.0"

RUN useradd --system --uid 10001 --home-dir /var/lib/gpuctl --create-home gpuctl
COPY --from=wheel /opt/gpuctl /opt/gpuctl

# A container listens on its network, where every request needs a token: `gpuctl token` in it makes one.
ENV PATH=/opt/gpuctl/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GPU_DATA_DIR=/var/lib/gpuctl \
    GPU_AUTH_MODE=token \
    GPU_LOG_FORMAT=json \
    NVIDIA_DRIVER_CAPABILITIES=utility

USER 10001
WORKDIR /var/lib/gpuctl
VOLUME /var/lib/gpuctl
EXPOSE 8080

HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:%s/healthz' % os.environ.get('GPU_PORT', '8080'), timeout=2)"]

STOPSIGNAL SIGTERM
CMD ["gpuctl", "serve", "--host", "0.0.0.0"]
