#!/usr/bin/env bash
# Runs the conformance kit in a folder through the hosts here: conformance.sh KIT node|browser|python|c …
# Needs, by host: nodejs; nodejs and chromium; python3 and `pip install wasmtime`; gcc, wabt and libcjson-dev.
set -euo pipefail
kit=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
shift

in_c() {
    local rt scratch passed=0 failed=0
    rt=$(dpkg -L wabt | grep 'wasm-rt-impl.c$' | head -1)
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' RETURN
    for module in "$kit"/*.wasm; do
        cp "$module" "$scratch/strategy.wasm"
        wasm2c "$scratch/strategy.wasm" -o "$scratch/strategy.c"
        gcc -O1 -w -I"$scratch" -I"$(dirname "$rt")" "$here/host.c" "$scratch/strategy.c" "$rt" -lcjson -lm -o "$scratch/host"
        "$scratch/host" "$(basename "$module")" <"$kit/cases.jsonl" >"$scratch/said" || true
        grep differs "$scratch/said" || true
        read -r ok bad < <(sed -n 's/.*"passed":\([0-9]*\),"failed":\([0-9]*\).*/\1 \2/p' "$scratch/said")
        passed=$((passed + ok)) failed=$((failed + bad))
    done
    echo "{\"host\":\"c\",\"passed\":$passed,\"failed\":$failed}"
    [ "$failed" = 0 ]
}

for host in "$@"; do
    case $host in
    node) node "$here/node.mjs" "$kit" <"$kit/cases.jsonl" ;;
    browser) node "$here/browser.mjs" "$kit" ;;
    python) python3 "$here/host.py" "$kit" <"$kit/cases.jsonl" ;;
    c) in_c ;;
    *) echo "no host $host" >&2 && exit 2 ;;
    esac
done
