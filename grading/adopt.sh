#!/bin/sh
# adopt.sh - takes a student's solutions from the handout of an earlier lab.
#
#   adopt.sh DIR    DIR: the tree that was worked in; here: a newer handout
#
# Copies, of the labs that both trees have:
#   - files that MANIFEST calls owned in both, if they were changed in DIR since
#     they were handed out;
#   - .c and .h files of lab folders in DIR that were not handed out with it.
# What was changed here is left as it is, unless FORCE=1. Says what it has taken
# and what not. Exit status: 0, all was taken or is here already; 1, something
# was left; 2, this or DIR is not such a tree, and nothing was touched.
set -eu

from=${1%/}
left=0
taken=0

refuse() {
    printf '%s\n' "$1" >&2
    exit 2
}

digest_of() { # FILE
    sha256sum <"$1" | cut -d ' ' -f 1
}

# What a MANIFEST says of a file: "owned DIGEST", "locked DIGEST" or nothing.
handed_out() { # TREE PATH
    awk -v path="$2" '
        ($1 == "owned" || $1 == "locked") &&
        substr($0, length($1) + length($2) + 3) == path { print $1, $2; exit }
    ' "$1/MANIFEST"
}

lab_of() { # TREE
    awk '$1 == "lab" { print $2; exit }' "$1/MANIFEST"
}

is_plain() { # FILE
    [ -f "$1" ] && [ ! -L "$1" ]
}

check_trees() {
    [ -n "$from" ] || refuse "Say where your solutions are: make adopt \
FROM=../lab1 (the folder with MANIFEST in it)"
    [ -f MANIFEST ] || refuse "This tree was not handed out (there is no \
MANIFEST): there is nothing to adopt here."
    [ -d "$from" ] || refuse "There is no folder $from."
    [ -f "$from/MANIFEST" ] || refuse "$from is not a tree that was handed \
out: there is no MANIFEST in it. Name the folder that has one."
    lab=$(lab_of .)
    other=$(lab_of "$from")
    case $lab,$other in
    *[!0-9,]* | ,* | *,)
        refuse "MANIFEST does not say which lab this is, or $from/MANIFEST \
does not."
        ;;
    esac
    [ "$(cd "$from" && pwd -P)" != "$(pwd -P)" ] ||
        refuse "$from is this tree itself."
    [ "$other" -le "$lab" ] ||
        refuse "$from is of lab $other, and this is lab $lab: solutions are \
taken from an earlier lab's tree."
}

leave() { # PATH WHY
    echo "  left      $1: $2"
    left=$((left + 1))
}

# Copies a file; at once or not at all.
take() { # PATH
    if [ -L "$1" ] || { [ -e "$1" ] && [ ! -f "$1" ]; }; then
        leave "$1" "here it is no plain file"
        return
    fi
    mkdir -p "$(dirname "$1")"
    cp "$from/$1" "$1.adopted"
    mv "$1.adopted" "$1"
    echo "  taken     $1"
    taken=$((taken + 1))
}

adopt_owned() { # DIGEST-WHEN-HANDED-OUT PATH
    here=$(handed_out . "$2")
    if ! is_plain "$from/$2"; then
        leave "$2" "there is no such file in $from"
    elif [ "$(digest_of "$from/$2")" = "$1" ]; then
        echo "  unchanged $2: nobody has worked on it in $from"
    elif [ "${here%% *}" != owned ]; then
        leave "$2" "it is not yours in this tree"
    elif [ -f "$2" ] && cmp -s "$from/$2" "$2"; then
        echo "  here      $2"
    elif [ "${FORCE:-}" != 1 ] && [ -f "$2" ] &&
        [ "$(digest_of "$2")" != "${here#* }" ]; then
        leave "$2" "it was changed here (FORCE=1 replaces it)"
    else
        take "$2"
    fi
}

adopt_new() { # PATH, a .c or .h file of a lab folder in $from
    [ -z "$(handed_out "$from" "$1")" ] || return 0
    if ! is_plain "$from/$1"; then
        leave "$1" "it is no plain file"
    elif [ ! -d "${1%%/*}" ]; then
        leave "$1" "this tree has no ${1%%/*}"
    elif [ -f "${1%%/*}/prebuilt.a" ]; then
        leave "$1" "here this lab comes as it is, prebuilt"
    elif [ -f "$1" ] && cmp -s "$from/$1" "$1"; then
        echo "  here      $1"
    elif [ -n "$(handed_out . "$1")" ]; then
        leave "$1" "a file of that name was handed out here"
    elif [ -e "$1" ] && [ "${FORCE:-}" != 1 ]; then
        leave "$1" "it is another one here (FORCE=1 replaces it)"
    else
        take "$1"
    fi
}

check_trees
echo "from $from, which is lab $other:"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
awk '$1 == "owned"' "$from/MANIFEST" >"$list"
while read -r _ digest path; do
    adopt_owned "$digest" "$path"
done <"$list"
(cd "$from" && find lab[0-9]* -path '*/tests' -prune -o -name '*.[ch]' \
    ! -type d -print | LC_ALL=C sort) >"$list"
while read -r path; do
    adopt_new "$path"
done <"$list"
echo "$taken taken, $left left"
[ "$left" -eq 0 ]
