# One image with all programs: `docker run … IMAGE employee-service`, `… manager-service`, `… result-reader`,
# `… timeoff-admin`, `… web-service`.
# Nothing in here needs BuildKit, so that every `docker build` can use it.

FROM rust:1-bookworm AS toolchain
WORKDIR /timeoff
# This base also has what the C parts need: a compiler and make for all, and OpenSSL, which would take minutes to build
# as elsewhere. Debug information and symbols would make the program several times as large; without them a panic still
# names its line.
ENV CARGO_PROFILE_RELEASE_DEBUG=none \
    CARGO_PROFILE_RELEASE_STRIP=symbols \
    OPENSSL_NO_VENDOR=1

# The workspace without its contents: the manifests, and an empty program for every file that may be a Cargo target. It
# changes only with a manifest, or when such a file is added or removed. So the layer with all dependencies, which the
# next stage builds from it, outlives changes of our code.
FROM toolchain AS skeleton
COPY . .
RUN find . -type f \
        ! -name Cargo.toml ! -name Cargo.lock ! -path './.cargo/*' \
        ! -path '*/src/lib.rs' ! -path '*/src/main.rs' ! -path '*/src/bin/*.rs' ! \( -name '*.rs' ! -path '*/src/*' \) \
        -delete \
    && find . -type d -empty -delete \
    && find . -name '*.rs' -exec sh -c 'for target; do echo "#![allow(missing_docs)] fn main() { }" > "$target"; done' sh {} +

FROM toolchain AS builder
COPY --from=skeleton /timeoff .
RUN cargo build --release --locked --package timeoff
COPY . .
# Cargo goes by modification time, and our files are older than what was just built from the empty ones.
RUN find . -path ./target -prune -o -name '*.rs' -exec touch {} + \
    && cargo build --release --locked --package timeoff \
    && install -D --target-directory=/image/bin target/release/timeoff \
    && for program in employee-service manager-service result-reader timeoff-admin web-service; do \
        ln -s timeoff "/image/bin/$program"; \
    done \
    && install -D --mode=644 --target-directory=/image/lib /usr/lib/*-linux-gnu/libssl.so.3 \
        /usr/lib/*-linux-gnu/libcrypto.so.3 \
    && install -D --mode=644 --target-directory=/image/share/timeoff timeoff-dev/sample/applications.csv

FROM debian:bookworm-slim
# For brokers and registries with a public certificate. SSL_CERT_FILE or SSL_CERT_DIR names other authorities.
COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=builder /image/ /usr/local/
# Each program is run once: a library that is missing here should fail the build and not the user.
RUN ldconfig \
    && groupadd --gid 10001 timeoff \
    && useradd --uid 10001 --gid timeoff --no-log-init --create-home --home-dir /var/lib/timeoff \
        --shell /usr/sbin/nologin timeoff \
    && employee-service --help > /dev/null \
    && manager-service --help > /dev/null \
    && result-reader --help > /dev/null \
    && timeoff-admin --help > /dev/null \
    && web-service --help > /dev/null
USER 10001:10001
# The default log, sqlite:timeoff.db, is created here: mount a volume to keep it.
WORKDIR /var/lib/timeoff
# The services handle it themselves, even as process 1.
STOPSIGNAL SIGTERM
CMD ["employee-service", "--help"]

# docker build --build-arg VERSION=… --build-arg REVISION="$(git rev-parse HEAD)" .
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="TimeOff" \
      org.opencontainers.image.description="An event-driven leave system: employee-service, manager-service, result-reader, timeoff-admin, web-service" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
