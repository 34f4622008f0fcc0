#!/bin/sh
# coverage.sh - which lines the tests have run, by clang's counters.
#
#   coverage.sh tools            is everything there that it takes?
#   coverage.sh draw FOLDER LAB  sums up what a test run in VARIANT=coverage has
#                                counted in FOLDER/raw; LAB may be empty
#
# The counters are mapped into files: they survive SIGKILL, and all processes of
# a program add to the same file (%m%c in LLVM_PROFILE_FILE). Nodes inherit that
# from whoever starts them. Files are not opened once a process has become
# another user; what it does from then on is not counted.
#
# Writes FOLDER/html/index.html, with branches; FOLDER/unreached.txt, the lines
# that no test reaches; FOLDER/lines.info, for other tools. Generated code and
# tests do not count. If grading/coverage.limits is there, a group below its
# limit makes the exit status 1; with LAB, only that lab is looked at.
set -eu

tools() {
    missing=
    command -v clang >/dev/null || missing="$missing clang"
    if ! command -v llvm-cov >/dev/null ||
        ! command -v llvm-profdata >/dev/null; then
        missing="$missing llvm"
    fi
    command -v lcov >/dev/null || missing="$missing lcov"
    [ -z "$missing" ] && return
    echo "make coverage needs more than the labs do. Install it, then try" \
        "again:" >&2
    echo "    sudo apt-get install$missing" >&2
    exit 2
}

# An ELF file each: programs, and tests for what they are linked with.
programs() { # FOLDER
    find "$1/bin" "$1/sim" "$1/tests" -type f -perm -u+x 2>/dev/null | LC_ALL=C sort
}

export_counts() { # FOLDER
    llvm-profdata merge -sparse -o "$1/all.profdata" "$1"/raw/*.profraw
    # shellcheck disable=SC2046 # a list of words
    llvm-cov export -format=lcov -instr-profile="$1/all.profdata" \
        $(programs "$1" | sed 's/^/-object=/') \
        >"$1/all.info" 2>"$1/llvm-cov.log"
}

# The same for all tools of lcov: branches count, too.
with_branches() { # TOOL ARGUMENT...
    tool=$1
    shift
    "$tool" --quiet --rc lcov_branch_coverage=1 "$@"
}

filter() { # FOLDER LAB
    with_branches lcov --output-file "$1/lines.info" \
        --remove "$1/all.info" '*.pb-c.c' '*.pb-c.h' '*/tests/*' '/usr/*'
    [ -n "$2" ] || return 0
    mv "$1/lines.info" "$1/every.info"
    with_branches lcov --output-file "$1/lines.info" \
        --extract "$1/every.info" "$PWD/lab$2-*"
}

# "file:line: source" of what nobody has run, and a sum at the end.
unreached() { # FOLDER
    awk -v root="$PWD/" '
        /^SF:/ { file = substr($0, 4); sub(root, "", file) }
        /^DA:/ {
            split(substr($0, 4), at, ",")
            if (at[2] == 0) print file ":" at[1]
        }' "$1/lines.info" |
        while IFS=: read -r file line; do
            printf '%s:%s:%s\n' "$file" "$line" "$(sed -n "${line}p" "$file")"
        done >"$1/unreached.txt"
    echo "$(wc -l <"$1/unreached.txt") lines that no test reaches:" \
        "$1/unreached.txt"
}

# Percentages of a group, against its limits; "1" at the end of what it prints
# on descriptor 3 if it is below.
judge() { # FOLDER GROUP LINES BRANCHES PATTERN
    awk -v root="$PWD/" -v group="$2" -v lines="$3" -v branches="$4" \
        -v pattern="$5" '
        function percent(hit, found) {
            return found == 0 ? 100 : 100 * hit / found
        }
        /^SF:/ {
            file = substr($0, 4)
            inside = index(file, root pattern) == 1
        }
        inside && /^LF:/ { lf += substr($0, 4) }
        inside && /^LH:/ { lh += substr($0, 4) }
        inside && /^BRF:/ { bf += substr($0, 5) }
        inside && /^BRH:/ { bh += substr($0, 5) }
        END {
            if (lf == 0) exit 0 # nothing of it is there
            l = percent(lh, lf)
            b = percent(bh, bf)
            low = lines != "" && (l < lines || b < branches)
            printf "%-12s lines %5.1f %% of %5d", group, l, lf
            if (lines != "") printf " (limit %d)", lines
            printf "  branches %5.1f %% of %5d", b, bf
            if (lines != "") printf " (limit %d)", branches
            print low ? "  TOO LOW" : ""
            exit low
        }' "$1/lines.info"
}

sums() { # FOLDER LAB
    status=0
    if [ ! -f grading/coverage.limits ]; then
        judge "$1" "${2:+lab }${2:-all}" '' '' "${2:+lab$2-}"
        return
    fi
    while read -r group lines branches pattern; do
        case $group in '' | '#'*) continue ;; esac
        judge "$1" "$group" "$lines" "$branches" "${pattern%%\**}" || status=1
    done <grading/coverage.limits
    return "$status"
}

draw() { # FOLDER LAB
    export_counts "$1"
    filter "$1" "$2"
    with_branches genhtml --branch-coverage --prefix "$PWD" \
        --output-directory "$1/html" "$1/lines.info"
    echo "$1/html/index.html"
    unreached "$1"
    sums "$1" "$2"
}

case ${1:-} in
tools) tools ;;
draw) draw "$2" "${3:-}" ;;
*)
    echo "coverage.sh: tools, or draw FOLDER LAB" >&2
    exit 2
    ;;
esac
