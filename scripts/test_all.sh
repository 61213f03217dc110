#!/bin/sh
# Runs the tests that depend on the Python version with every Python from 3.10 to 3.14 that is
# found, each in its own virtual environment, and prints a table. Exit status 1: one failed.
set -u

here=$(dirname "$0")
table=
failed=0
for version in 3.10 3.11 3.12 3.13 3.14; do
    if ! python=$("$here/find_python.sh" $version $version); then
        table="$table$version|not found|\n"
        continue
    fi
    echo "=== Python $version ($python)"
    start=$(date +%s)
    if make --no-print-directory PYTHON="$python" VENV=".venv-$version" build &&
        ".venv-$version/bin/python" "$here/run_tests.py" python drf example; then
        outcome=passed
    else
        outcome=FAILED
        failed=1
    fi
    table="$table$version|$outcome|$(($(date +%s) - start)) s\n"
done

echo
echo "=== make test-all"
# shellcheck disable=SC2059  # the table's own \n
printf "$table" | awk -F '|' '{ printf "  Python %-6s %-10s %8s\n", $1, $2, $3 }'
exit $failed
