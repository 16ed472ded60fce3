# shellcheck shell=bash
# Uses and checks a stack. The array `compose` is the command to do it with. Sourced.

compose() {
    "${compose[@]}" "$@" >"$proof_home/compose.log" 2>&1 || show_and_fail "$proof_home/compose.log" "${compose[*]} $*"
}

# show_and_fail FILE WHAT
show_and_fail() {
    tail -n 60 "$1" >&2
    fail "$2: see $1"
}

# Shows the state and the output of the stack's containers, if there is a stack.
show_stack() {
    [[ -v compose ]] || return 0
    docker ps --all --format '{{.Names}}: {{.Status}}'
    "${compose[@]}" logs --tail 15
}

accepts_quietly() {
    local complaints
    if ! complaints=$("$@" config --quiet 2>&1) || [[ -n $complaints ]]; then
        fail "$* config complains: $complaints"
    fi
}

# The container of a service.
container() {
    "${compose[@]}" ps --all --quiet "$1"
}

# all_say TEXT SERVICE…
all_say() {
    local text=$1 service
    shift
    for service; do
        docker logs "$(container "$service")" 2>&1 | grep -qF -- "$text" || { echo "$service does not say: $text" && false; }
    done
}

# Whether all services run, and are healthy where they have a health check.
is_up() {
    local service state
    for service; do
        state=$(docker inspect --format '{{.State.Status}} {{with .State.Health}}{{.Status}}{{end}}' "$(container "$service")")
        [[ $state == "running " || $state == "running healthy" ]] || { echo "$service: $state" && false; }
    done
}

# As a foreign client sees it, at the listeners for the host.
each_has_a_result() {
    compose/proof/results "127.0.0.1:${TIMEOFF_KAFKA_PORT:-9092}" "http://127.0.0.1:${TIMEOFF_REGISTRY_PORT:-8081}" \
        leave-applications-results "$1" >"$proof_home/results.json"
}

# is_on_screen SERVICE COUNT
is_on_screen() {
    [[ $(docker logs "$(container "$1")" 2>/dev/null | grep -cE '^[0-9T:.Z-]+ +(approved|declined) ') == "$2" ]]
}

# Reads with our own reader as a process on the host, in its own group.
read_from_host() {
    local reader=$proof_home/bin/result-reader read
    mkdir -p "${reader%/*}"
    docker run --rm --network none --entrypoint cat timeoff:local /usr/local/bin/result-reader >"$reader"
    chmod +x "$reader"
    read=$("$reader" --log "kafka://127.0.0.1:${TIMEOFF_KAFKA_PORT:-9092}" --group proof --until-caught-up --output json \
        --schema-registry "http://127.0.0.1:${TIMEOFF_REGISTRY_PORT:-8081}" | wc -l)
    [[ $read == "$1" ]] || fail "a result-reader on the host read $read results instead of $1"
    say "read from the host: $read results, by kcat and by a result-reader"
}

# Kills the process as if it had crashed: Docker does not start again what it has killed itself.
kill_process_of() {
    local container restarts
    container=$(container "$1")
    restarts=$(docker inspect --format '{{.RestartCount}}' "$container")
    kill -KILL "$(docker inspect --format '{{.State.Pid}}' "$container")"
    wait_until 30 "$1 to be started again" has_restarted "$container" "$restarts"
}

# has_restarted CONTAINER TIMES_BEFORE
has_restarted() {
    (($(docker inspect --format '{{.RestartCount}}' "$1") > $2))
}

# As the README says.
enter_people() {
    compose run --rm -T timeoff-admin init --admin grace@example.com --name 'Grace Hopper'
    compose run --rm -T timeoff-admin people import - --as grace@example.com <<'END'
email,name,department,role
ada@example.com,Ada Lovelace,IT,approver
bob@example.com,Bob Martin,IT,
END
}

serve_instead_of_policy() {
    compose stop policy
    compose up --detach --scale serve=1 serve
}

# ask_api EMAIL PATH OPTION…: asks the API in somebody's name, from the host.
ask_api() {
    local who=$1 path=$2
    shift 2
    curl --silent --show-error --fail-with-body --max-time 30 --user "$who:" "$@" \
        "http://127.0.0.1:${TIMEOFF_WEB_PORT:-8080}$path"
}

# api_says TEXT EMAIL PATH
api_says() {
    local text=$1 answer
    shift
    answer=$(ask_api "$@") && [[ $answer == *"$text"* ]] || { echo "$answer" && false; }
}

# is_ready STATUS: whether this is what the API answers when it is asked whether it is ready.
is_ready() {
    [[ $(curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' \
        "http://127.0.0.1:${TIMEOFF_WEB_PORT:-8080}/readyz") == "$1" ]]
}

# Applies for leave by the API. Prints the application's path there.
# A 503 is repeated with its key, as clients are told to: Kafka may have come back a moment ago.
apply_by_api() {
    ask_api bob@example.com /api/v1/applications --output /dev/null --write-out '%header{location}' --retry 5 \
        --header "Idempotency-Key: proof-$RANDOM$RANDOM" --json '{"hours": 16, "start": "2027-07-01"}' \
        || fail "could not apply by the API"
}

# The three services, as a person uses them. Arguments are for the manager-service.
use_at_a_terminal() {
    local who=grace-$RANDOM@example.com
    compose stop policy
    at_a_terminal employee-service 'see:E-mail' "type:$who\\r" 'see:Department' 'type:\r' \
        'see:First day' 'type:\r' 'see:Last day' 'type:\r' 'see:Submit to HR' 'type:y' 'see:Queued at partition' 'see:Another' 'type:\x03'
    at_a_terminal "manager-service $*" "see:$who" 'type:a' 'see:Comment' 'type:\r' 'see:No application waits' 'type:q'
    at_a_terminal result-reader "see:approved +HR .*$who" 'type:\x03'
    compose start policy
}

# at_a_terminal 'SERVICE ARGUMENT…' STEP…
at_a_terminal() {
    local service=$1
    shift
    # shellcheck disable=SC2086  # several words
    compose/proof/at-a-terminal 60 "$@" -- "${compose[@]}" run --rm $service >"$proof_home/terminal.log" 2>&1 \
        || show_and_fail "$proof_home/terminal.log" "${compose[*]} run --rm $service, at a terminal"
}

stop_in_time() {
    local service container began took
    for service; do
        container=$(container "$service")
        began=$(date +%s%N)
        docker stop "$container" >/dev/null
        took=$((($(date +%s%N) - began) / 1000000))
        say "$service stopped in $took ms, exit $(docker inspect --format '{{.State.ExitCode}}' "$container")"
        ((took < 2000)) || fail "$service took $took ms to stop"
        [[ $(docker inspect --format '{{.State.ExitCode}}' "$container") == 0 ]] || fail "$service did not stop by itself"
    done
}

describe_image() {
    local size base user
    size=$(docker image inspect --format '{{.Size}}' timeoff:local)
    base=$(docker image inspect --format '{{.Size}}' debian:bookworm-slim)
    user=$(docker image inspect --format '{{.Config.User}}' timeoff:local)
    say "the image has $(((size - base) / 1000000)) MB above its base; its user is $user"
    ((size - base < 60000000)) || fail "the image has 60 MB or more above its base"
    [[ $user =~ ^[1-9] ]] || fail "the image's user is root or has no number"
    [[ -n $(docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.title"}}' timeoff:local) ]] \
        || fail "the image has no label"
    docker run --rm --network none --entrypoint sh timeoff:local -c \
        'for tool in cc gcc c++ ld make cargo rustc; do ! command -v "$tool" || exit 1; done' \
        || fail "there is a compiler in the image"
}
