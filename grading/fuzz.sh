#!/bin/sh
# fuzz.sh - runs fuzz targets, each over a copy of its committed corpus.
#
#   fuzz.sh SECONDS [PROGRAM CORPUS]...
#
# What a target prints goes to PROGRAM.log, an input that breaks it to
# PROGRAM-crash-*; repeat it by PROGRAM FILE. The corpus in the tree is never
# written to. Fails if a target breaks, or if there is none.
set -eu

seconds=$1
shift
copy=$(mktemp -d /tmp/fuzz-XXXXXX)
child=
trap 'rm -rf "$copy"' EXIT
trap '[ -z "$child" ] || kill "$child"; exit 130' INT TERM

passed=0
failed=0
while [ $# -ge 2 ]; do
    program=$1
    corpus=$2
    shift 2
    name=$(basename "$program")
    mkdir "$copy/$name"
    if ! cp "$corpus"/* "$copy/$name" 2>/dev/null; then
        echo "fuzz     $name: no corpus in $corpus"
        failed=$((failed + 1))
        continue
    fi
    "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="$program-" "$copy/$name" >"$program.log" 2>&1 &
    child=$!
    if wait "$child"; then
        echo "fuzz     $name: $(sed -n 's/^Done //p' "$program.log")"
        passed=$((passed + 1))
    else
        tail -n 40 "$program.log"
        echo "fuzz     $name: FAILED; all of it in $program.log"
        failed=$((failed + 1))
    fi
    child=
done

[ $((passed + failed)) -gt 0 ] || echo "There is no fuzz target."
echo "$passed fuzzed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
