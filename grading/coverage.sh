#!/bin/sh
# coverage.sh - draws what a test run in VARIANT=coverage has counted.
#
#   coverage.sh FOLDER    the objects' folder; writes FOLDER/html/index.html
#
# Processes that were killed have counted nothing: lines that only they ran
# show as not run.
set -eu

lcov --quiet --capture --directory "$1" --base-directory . --no-external \
    --output-file "$1/all.info"
lcov --quiet --remove "$1/all.info" '*.pb-c.c' '*/tests/*' \
    --output-file "$1/lines.info"
genhtml --quiet --output-directory "$1/html" "$1/lines.info"
lcov --summary "$1/lines.info" 2>&1 | grep -E 'lines|functions'
echo "$1/html/index.html"
