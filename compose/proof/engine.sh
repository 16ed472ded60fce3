# shellcheck shell=bash
# Our own Docker engine. It may leave nothing behind but its folder with the images. Sourced.

# The path of a socket must be short, so this one is not below target/.
engine_run=/run/timeoff-proof
engine_log=$proof_home/engine.log
before=$proof_home/before

install_packages() {
    local missing=() command package
    while read -r command package; do
        command -v "$command" >/dev/null || missing+=("$package")
    done <<'END'
dockerd docker.io
debootstrap debootstrap
docker-compose docker-compose
kcat kcat
mvn maven
curl curl
ip iproute2
pgrep procps
python3 python3
END
    if ((${#missing[@]})); then
        say "installing ${missing[*]}"
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update && apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$proof_home/apt.log" 2>&1 \
            || fail "could not install ${missing[*]}: see $proof_home/apt.log"
    fi
}

# It changes nothing on the host: no bridge, no firewall rule, no forwarding. The networks of compose do without them,
# as every port is published on 127.0.0.1. A build has no network, unless it is given the host's.
start_engine() {
    stop_engine # A killed run may have left one.
    note_what_is_there >"$before"
    mkdir -p "$engine_run" "$proof_home/engine"
    setsid dockerd --host "$DOCKER_HOST" --data-root "$proof_home/engine" --exec-root "$engine_run/exec" \
        --pidfile "$engine_run/dockerd.pid" --bridge none --iptables=false --ip6tables=false --ip-forward=false \
        --ip-masq=false >"$engine_log" 2>&1 </dev/null &
    wait_until 60 "the engine ($engine_log)" docker info
    # A killed run may have left some in it.
    remove_containers
}

remove_containers() {
    local containers volumes
    mapfile -t containers < <(docker ps --all --quiet)
    ((${#containers[@]} == 0)) || docker rm --force --volumes "${containers[@]}" >/dev/null
    docker network prune --force >/dev/null
    mapfile -t volumes < <(docker volume ls --quiet)
    ((${#volumes[@]} == 0)) || docker volume rm --force "${volumes[@]}" >/dev/null
}

stop_engine() {
    local pid
    if [[ -e $engine_run/dockerd.pid ]] && pid=$(<"$engine_run/dockerd.pid") && is_our_engine "$pid"; then
        kill "$pid"
        wait_until 60 "the end of the engine" is_gone "$pid"
    fi
    # The engine does not unmount everything that it has mounted for the host's network.
    mounts_of_the_engine | xargs --no-run-if-empty umount
    rm -rf "$engine_run"
    # The engine makes these wherever its own folders are.
    if [[ -e $before ]]; then
        local folder
        while read -r folder; do
            grep -qx "folder $folder" "$before" || rm -rf "$folder"
        done < <(folders_of_any_engine)
        while read -r folder; do
            # Groups below it may be disappearing already. What stays is reported at the end.
            grep -qx "control group $folder" "$before" || find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || true
        done < <(control_groups_of_any_engine)
    fi
}

is_our_engine() {
    [[ -e /proc/$1/cmdline ]] && tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF -- "--exec-root $engine_run/exec"
}

is_gone() {
    [[ ! -e /proc/$1 ]]
}

folders_of_any_engine() {
    ls -d /etc/docker /run/docker 2>/dev/null || true
}

control_groups_of_any_engine() {
    find /sys/fs/cgroup -type d -name docker
}

mounts_of_the_engine() {
    awk -v home="$proof_home/engine/" -v run="$engine_run/" \
        'index($5, home) == 1 || index($5, run) == 1 { print $5 }' /proc/self/mountinfo
}

# Lists what a stack and an engine could leave on the host, one item a line.
note_what_is_there() {
    folders_of_any_engine | sed 's/^/folder /'
    control_groups_of_any_engine | sed 's/^/control group /'
    ip -brief link | awk '$1 ~ /^(br-|veth|docker)/ { print "network interface " $1 }'
    mounts_of_the_engine | sed 's/^/mount /'
    pgrep --list-full --full -- "$engine_run|$proof_home/engine" | sed 's/^/process /' || true
    sysctl net.ipv4.ip_forward
    { iptables-save 2>/dev/null || true; } | grep -i docker | sed 's/^/firewall /' || true
}

# Fails if a stack that was taken down has left containers, volumes or networks.
nothing_is_left_of_the_stack() {
    local left
    left=$(docker ps --all --format 'container {{.Names}}' && docker volume ls --format 'volume {{.Name}}' \
        && docker network ls --filter type=custom --format 'network {{.Name}}')
    [[ -z $left ]] || { echo "$left" && false; }
}

nothing_is_left_on_the_host() {
    local left
    left=$(comm -13 <(sort "$before") <(note_what_is_there | sort))
    [[ -z $left ]] || { echo "$left" && false; }
}
