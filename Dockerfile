# syntax=docker/dockerfile:1
# Builds dolium and puts it, alone, into a small image whose process is not root.
#
#   docker build -t dolium .
#   docker run -p 7480:7480 -v dolium-data:/var/lib/dolium dolium
#   docker exec <container> dolium credentials

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY schema schema
COPY src src
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    mkdir -p tests/blackbox tests/cassandra tests/bench && \
    echo 'fn main() {}' | tee tests/blackbox/main.rs tests/cassandra/main.rs > tests/bench/load.rs && \
    cargo build --release --locked --bin dolium && \
    cp target/release/dolium /usr/local/bin/dolium

FROM debian:bookworm-slim
RUN groupadd --system --gid 7480 dolium && \
    useradd --system --uid 7480 --gid dolium --home-dir /var/lib/dolium --shell /usr/sbin/nologin dolium && \
    install -d -o dolium -g dolium -m 0700 /var/lib/dolium
COPY --from=build /usr/local/bin/dolium /usr/local/bin/dolium
USER 7480:7480
WORKDIR /var/lib/dolium
ENV DOLIUM__SERVER__LISTEN=0.0.0.0:7480 \
    DOLIUM__ADMIN__LISTEN=127.0.0.1:7481 \
    DOLIUM__STORE__PATH=/var/lib/dolium/data
VOLUME /var/lib/dolium
EXPOSE 7480
STOPSIGNAL SIGTERM
# The image has no HTTP client; bash can speak this much.
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --start-interval=1s --retries=3 CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/7481 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["dolium"]
CMD ["serve"]
