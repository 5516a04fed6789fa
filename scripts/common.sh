# shellcheck shell=bash
# What `.ci/run` and the scripts beside this file share. It is read, not run:
#
#     source scripts/common.sh

# Says what is missing or wrong, and ends the script.
fail() {
    echo "$0: $*" >&2
    exit 1
}

# Debian's packages, if this is root on Debian.
install_packages() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        fail "missing, and not root on Debian to install it: $*"
    # One at a time: two would find the other's lock, and give up.
    exec {installing}>"${TMPDIR:-/tmp}/doorstep-installing"
    flock "$installing"
    apt-get update -qq || fail "cannot reach Debian's packages, and these are missing: $*"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        fail "cannot install $*"
    exec {installing}>&-
}

# The same, and none of their services is started. In a subshell of its own, for the trap.
install_silently() (
    policy=/usr/sbin/policy-rc.d
    if [ "$(id -u)" = 0 ] && [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    install_packages "$@"
)

# A virtual environment with packages of PyPI's in a directory, if it is not there yet. PYTHON names another
# Python than python3.
python_packages() {
    local venv=$1 python=${PYTHON:-python3}
    shift
    command -v "$python" >/dev/null || install_packages python3
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
    [ "$(cat "$venv/packages" 2>/dev/null)" != "$*" ] || return 0
    rm -rf "$venv"
    "$python" -m venv "$venv"
    timeout 300 "$venv/bin/pip" install --quiet --disable-pip-version-check "$@" ||
        fail "cannot install $*: is there a network?"
    echo "$*" >"$venv/packages"
}

# Whether there is a standard library, or `core` alone, for this target; rustup is asked for it first.
has_target() {
    rustup target list --installed 2>/dev/null | grep -qx "$1" ||
        timeout 60 rustup target add "$1" 2>/dev/null
}

# The features of a library that change nothing about where it runs, as a list for cargo.
algorithms() {
    cargo metadata --locked --no-deps --format-version 1 | python3 -c '
import json, sys
packages = json.load(sys.stdin)["packages"]
features = next(p["features"] for p in packages if p["name"] == sys.argv[1])
print(",".join(sorted(set(features) - {"default", "std", "getrandom"})))' "$1"
}

# Whether tests can be built for another machine, i686, aarch64 or s390x, and run here: installs a
# compiler and a C library for it, and an emulator unless this processor is one.
has_machine() {
    local machine=$1 missing=() debian
    has_target "$machine-unknown-linux-gnu" || return
    case $machine in
    i686) debian=i386 ;;
    aarch64) debian=arm64 ;;
    *) debian=$machine ;;
    esac
    [ "$machine" = i686 ] || command -v "qemu-$machine" >/dev/null || missing+=(qemu-user)
    command -v "$machine-linux-gnu-gcc" >/dev/null || missing+=("gcc-$machine-linux-gnu")
    [ -e "/usr/$machine-linux-gnu/lib/libc.so.6" ] || missing+=("libc6-dev-$debian-cross")
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

# `cargo test` for another machine, as `has_machine` prepared it.
test_on() {
    local machine=$1 root=/usr/$1-linux-gnu upper=${1^^} runner
    runner="qemu-$machine -L $root"
    # What runs it here is its C library's own loader: no emulator, and no system of both kinds.
    [ "$machine" != i686 ] || runner="$root/lib/ld-linux.so.2 --library-path $root/lib"
    shift
    env "CARGO_TARGET_${upper}_UNKNOWN_LINUX_GNU_LINKER=$machine-linux-gnu-gcc" \
        "CARGO_TARGET_${upper}_UNKNOWN_LINUX_GNU_RUNNER=$runner" \
        cargo test --locked --release --target "$machine-unknown-linux-gnu" "$@"
}

# All published vectors on another machine, as a check of scripts/assure.d: its name, and the machine's.
vectors_on() {
    local name=$1 machine=$2 log=$CARGO_TARGET_DIR/assure/$1.tests
    has_machine "$machine" || unable "$name" "no standard library for $machine to be had"
    copy_libraries "$CARGO_TARGET_DIR/assure/$name"
    {
        cd "$CARGO_TARGET_DIR/assure/$name"
        test_on "$machine" -p doorstep-kernels --tests
        test_on "$machine" -p doorstep-password --features import,unicode \
            --test vectors --test import --test scrypt --test normalization
        test_on "$machine" -p doorstep --test headers
    } 2>&1 | tee "$log"
    local password=crates/doorstep-password/tests/vectors
    figure "$name" "$(passed "$log") tests passed, with $(rows $password/formats.tsv 2) stored hashes" \
        "and $(rows tests/vectors/headers.tsv) fields"
}

# How many tests cargo says have passed, in this log.
passed() {
    awk '/^test result: ok/ { sum += $4 } END { print sum + 0 }' "$1"
}

# How many rows a table of vectors has below its heading, or the sum of one of its columns.
rows() {
    awk -F '\t' -v column="${2:-}" 'NR > 1 { sum += column ? $column : 1 } END { print sum + 0 }' "$1"
}

# Builds what is fuzzed. The libraries forbid unsafe code: what a sanitizer looks for, the compiler
# refused.
fuzz_build() {
    RUSTC_BOOTSTRAP=1 cargo fuzz build --sanitizer none --target-dir "$CARGO_TARGET_DIR/ci/fuzz"
}

# Fuzzes a target for so many seconds, from the seeds that are committed and what was found before, with
# what else is an option of libFuzzer's.
fuzz_run() {
    local name=$1 seconds=$2 fuzz=$CARGO_TARGET_DIR/ci/fuzz dictionary=()
    shift 2
    mkdir -p "$fuzz/corpus/$name"
    [ ! -e "fuzz/dict/$name.dict" ] || dictionary=("-dict=fuzz/dict/$name.dict")
    RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none --target-dir "$fuzz" "$name" \
        "$fuzz/corpus/$name" "fuzz/seeds/$name" -- -max_total_time="$seconds" -timeout=10 \
        -print_final_stats=1 "${dictionary[@]}" "$@" 2>&1
}

# Ends a check where valgrind cannot be told what is secret, or what to count.
needs_valgrind() {
    [ "$(uname -m)" = x86_64 ] || unable "$1" "what is said to valgrind is written for x86-64 alone"
    command -v valgrind >/dev/null || install_packages valgrind
}

# The program of `doorstep-timing`, with the lines of what was put in place, for valgrind's reports.
timing() {
    CARGO_PROFILE_RELEASE_DEBUG=line-tables-only \
        cargo run --quiet --locked --release -p doorstep-timing -- "$@"
}

# Runs a command with each of the arguments behind `--`, one at a time on each core. What it prints has
# the argument before it. Fails if one of them did, once all have ended.
on_each_core() {
    local command=() argument running=0 failed=0
    while [ "$1" != -- ]; do
        command+=("$1")
        shift
    done
    shift
    for argument in "$@"; do
        if [ $running = "$(nproc)" ]; then
            wait -n || failed=1
        else
            running=$((running + 1))
        fi
        "${command[@]}" "$argument" 2>&1 | sed -u "s|^|$argument: |" &
    done
    while [ $running != 0 ]; do
        wait -n || failed=1
        running=$((running - 1))
    done
    return $failed
}

# The last line of a check.
figure() {
    echo "figure: $1: ${*:2}"
}

# Ends a check that cannot run here, with the reason.
unable() {
    figure "$@"
    exit 77
}

# A program of crates.io's, at a version: built once, unoptimised, which is quicker in all.
tool() {
    local root=$CARGO_TARGET_DIR/tools
    [[ :$PATH: = *":$root/bin:"* ]] || PATH=$root/bin:$PATH
    cargo install --quiet --locked --debug --root "$root" --target-dir "$root/target" "$1@$2" ||
        fail "cannot install $1: is there a network?"
}

# What git knows of the work tree, or of some folders of it, in another directory.
copy_sources() {
    local directory=$1
    shift
    rm -rf "$directory"
    mkdir -p "$directory"
    git ls-files -z -- "$@" | xargs -0 cp --parents -t "$directory"
}

# The libraries and their tests in another directory, without the examples and benchmarks: the hosts of
# those take longer to build than the tests take to run.
copy_libraries() {
    local directory=$1 manifest
    copy_sources "$directory"
    sed -i '/^members = /s|"crates/\*"|"crates/doorstep-kernels", "crates/doorstep-password", "crates/doorstep-test-alloc"|' \
        "$directory/Cargo.toml"
    for manifest in "$directory/Cargo.toml" "$directory"/crates/*/Cargo.toml; do
        awk '
            /^\[/ { skip = /^\[\[(example|bench)\]\]/ }
            !skip && !/^(actix-web|axum|bytes|criterion|doorstep-tower|smol|tokio|tonic) = /' \
            "$manifest" >"$manifest.new"
        mv "$manifest.new" "$manifest"
    done
    # Of the lock file's versions those that are still needed.
    cargo metadata --manifest-path "$directory/Cargo.toml" --format-version 1 >/dev/null
}
