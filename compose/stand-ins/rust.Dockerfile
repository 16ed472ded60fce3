# A stand-in for rust:1-bookworm: what the Dockerfile of the services needs of it, and all crates.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates g++ gcc libc6-dev libssl-dev make perl pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
ENV CARGO_HOME=/usr/local/cargo \
    CARGO_NET_OFFLINE=true
COPY toolchain/ /usr/local/
COPY cargo/ /usr/local/cargo/
