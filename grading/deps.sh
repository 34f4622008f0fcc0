#!/bin/sh
# deps.sh - installs the packages that are missing, and no others.
#
#   deps.sh install MARK        student, or staff for all of them
#   deps.sh ensure MARK STAMP   the same without a word if nothing is missing;
#                               touches the file STAMP if it is not there
#
# grading/deps.list says what is needed and how to see that it is there: a
# command in PATH, a library that pkg-config knows, a file, or the library
# that clang needs for -fsanitize=fuzzer. Only these are asked, at each call:
# about 10 ms, and a package that was removed is noticed.
#
# Installing needs root, or sudo that does not ask. Otherwise this prints the
# command to run and exits with 2.
set -eu

here=$(dirname "$0")

present() { # KIND WHAT
    case $1 in
    command) command -v "$2" >/dev/null 2>&1 ;;
    file) [ -e "$2" ] ;;
    library) pkg-config --exists "$2" 2>/dev/null ;;
    fuzzer)
        set -- "$("$2" -print-resource-dir 2>/dev/null)"/lib/*/libclang_rt.fuzzer*
        [ -e "$1" ]
        ;;
    *)
        echo "deps.list: no way to look for a $1" >&2
        exit 1
        ;;
    esac
}

missing() { # MARK
    while read -r package mark kind what; do
        case $package in '' | '#'*) continue ;; esac
        if [ "$mark" != student ] && [ "$1" = student ]; then continue; fi
        present "$kind" "$what" || printf ' %s' "$package"
    done <"$here/deps.list"
}

install_packages() { # " PACKAGE ..."
    update="apt-get update"
    install="apt-get install -y --no-install-recommends$1"
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "Missing (Debian's names):$1" >&2
        echo "This is no Debian or Ubuntu: install these by its own means." >&2
        exit 2
    fi
    if [ "$(id -u)" -eq 0 ]; then
        sudo=
    elif sudo -n true 2>/dev/null; then
        sudo="sudo -n "
    else
        echo "Missing:$1" >&2
        echo "Installing needs root. Run this, then try again:" >&2
        echo "    sudo sh -c '$update && $install'" >&2
        exit 2
    fi
    echo "installing$1"
    # shellcheck disable=SC2086 # these are lists of words
    ${sudo}$update && $sudo env DEBIAN_FRONTEND=noninteractive $install
}

mark=${2:-staff}
packages=$(missing "$mark")
if [ -n "$packages" ]; then
    install_packages "$packages"
    packages=$(missing "$mark")
    if [ -n "$packages" ]; then
        echo "Still missing after that:$packages" >&2
        exit 1
    fi
elif [ "$1" = install ]; then
    echo "nothing is missing for $mark"
fi
if [ "$1" = ensure ] && [ ! -e "$3" ]; then
    mkdir -p "$(dirname "$3")"
    : >"$3"
fi
