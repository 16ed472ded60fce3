# shellcheck shell=bash
# What every part of the proof uses. Sourced.

steps=()
step_name=
step_began=0

say() {
    echo "compose/prove: $*"
}

fail() {
    show_stack >&2 || true
    echo "compose/prove: FAILED: $*" >&2
    exit 1
}

# Begins a step, and ends the one before. How long each took is printed at the end.
step() {
    if [[ -n $step_name ]]; then
        steps+=("$(printf '%5d s  %s' $((SECONDS - step_began)) "$step_name")")
    fi
    step_name=$*
    step_began=$SECONDS
    if [[ -n $step_name ]]; then
        echo "== $step_name (after $SECONDS s)"
    fi
}

# wait_until SECONDS WHAT COMMAND…: until the command succeeds. Its output is shown if it never does.
wait_until() {
    local deadline=$((SECONDS + $1)) what=$2 output
    shift 2
    until output=$("$@" 2>&1); do
        if ((SECONDS >= deadline)); then
            fail "waited in vain for $what"$'\n'"$output"
        fi
        sleep 0.5
    done
}

# One word for what a thing is made from: the text on standard input and the contents of files.
fingerprint() {
    { cat && cat "$@"; } | sha256sum | cut -c1-16
}
