# shellcheck shell=bash
# The images that would be pulled, made here: the two bases of the Dockerfile, and stand-ins for Kafka and the rest.
# Images are kept, each with a label that says what it was made from. Sourced.

# is_made IMAGE FINGERPRINT
is_made() {
    [[ $(docker image inspect --format '{{index .Config.Labels "made-from"}}' "$1" 2>/dev/null) == "$2" ]]
}

# build IMAGE FINGERPRINT OPTION…: from a context on standard input, with the host's network.
build() {
    local image=$1 made_from=$2
    shift 2
    docker build --quiet --network host --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy \
        --label made-from="$made_from" --tag "$image" "$@" - >"$proof_home/build.log" 2>&1 \
        || fail "could not make $image: see $proof_home/build.log"
}

# The mirror that this machine's Debian comes from, if it is a Debian.
debian_mirror() {
    { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' 'Component: main' \
        2>/dev/null || true; } | head -n 1
}

make_debian() {
    local root=$proof_home/bookworm
    if docker image inspect debian:bookworm-slim >/dev/null 2>&1; then
        return
    fi
    rm -rf "$root"
    # shellcheck disable=SC2046  # none or one
    debootstrap --variant=minbase bookworm "$root" $(debian_mirror) >"$proof_home/debootstrap.log" 2>&1 \
        || fail "could not make a Debian: see $proof_home/debootstrap.log"
    tar --create --directory "$root" . | docker import --change 'CMD ["bash"]' - debian:bookworm-slim >/dev/null
    rm -rf "$root"
}

# Debian with a compiler and whatever else of the real image is needed, this machine's Rust, and the crates of
# Cargo.lock, so that the Dockerfile is built without a network.
make_rust() {
    local sysroot cargo_home made_from crates
    sysroot=$(rustc --print sysroot)
    cargo_home=${CARGO_HOME:-$HOME/.cargo}
    made_from=$(rustc --version --verbose | fingerprint Cargo.lock compose/stand-ins/rust.Dockerfile)
    if is_made rust:1-bookworm "$made_from"; then
        return
    fi
    cargo fetch --quiet --locked
    mapfile -t crates < <(cd "$cargo_home" && ls -d config.toml registry/cache registry/index 2>/dev/null)
    tar --create --transform 's,^\(bin\|lib\),toolchain/\1,' --transform 's,^\(config\|registry\),cargo/\1,' \
        --directory "$PWD/compose/stand-ins" rust.Dockerfile --directory "$sysroot" bin lib \
        --directory "$cargo_home" "${crates[@]}" \
        | build rust:1-bookworm "$made_from" --file rust.Dockerfile
}

# Kafka, its commands, ZooKeeper and a registry from Maven Central.
fetch_jars() {
    local kit
    if [[ -e $proof_home/jars/complete ]] && cmp --quiet compose/stand-ins/pom.xml "$proof_home/jars/complete"; then
        return
    fi
    rm -rf "$proof_home/jars"
    for kit in kafka-3 kafka-4 registry; do
        mvn --batch-mode --quiet --file compose/stand-ins/pom.xml --activate-profiles "$kit" \
            -Dto="$proof_home/jars/$kit" process-resources >"$proof_home/maven.log" 2>&1 \
            || fail "Maven could not fetch $kit: see $proof_home/maven.log"
    done
    cp compose/stand-ins/pom.xml "$proof_home/jars/complete"
}

make_stand_ins() {
    local made_from name
    made_from=$(find compose/stand-ins -type f -print0 | sort --zero-terminated | xargs --null cat | fingerprint)
    for name in zookeeper kafka registry kafka4; do
        is_made "timeoff-stand-in/$name" "$made_from" && continue
        fetch_jars
        tar --create --directory compose/stand-ins . --directory "$proof_home/jars" kafka-3 kafka-4 registry \
            | build "timeoff-stand-in/$name" "$made_from" --target "$name"
    done
}

# The current compose, as the plugin of the docker command.
make_compose() {
    local version=v2.40.3 plugin=$DOCKER_CONFIG/cli-plugins/docker-compose source
    if [[ $("$plugin" version --short 2>/dev/null) == "${version#v}" ]]; then
        return
    fi
    command -v go >/dev/null || fail "there is no Go to build docker/compose $version with"
    mkdir -p "${plugin%/*}"
    source=$(go mod download -json "github.com/docker/compose/v2@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    (cd "$source" && nice go build -trimpath -o "$plugin" \
        -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=${version#v}" ./cmd) \
        || fail "could not build docker/compose $version"
}
