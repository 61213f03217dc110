#!/bin/sh
# Runs the tests that depend on the Python version with every Python from 3.10 to 3.14 that is
# found, each in its own virtual environment; then, once, with the newest of them, those that do not
# depend on it: the linters and the C tests. Prints a table. Exit status 1: something failed, or no
# Python was found, or, with CI=true, one of 3.10 to 3.13 was not.
set -u

here=$(dirname "$0")
case ${CI:-} in 1 | [Tt][Rr][Uu][Ee] | [Yy][Ee][Ss]) ci=1 ;; *) ci= ;; esac
table=
failed=0
newest=

# Adds a line to the table: what, outcome, since when.
note() {
    table="$table$1|$2|${3:+$(($(date +%s) - $3)) s}
"
    [ "$2" != FAILED ] || failed=1
}

for version in 3.10 3.11 3.12 3.13 3.14; do
    if ! python=$("$here/find_python.sh" $version $version); then
        if [ -n "$ci" ] && [ $version != 3.14 ]; then
            note "Python $version, not found" FAILED
        else
            note "Python $version" "not found"
        fi
        continue
    fi
    echo "=== Python $version ($python)"
    start=$(date +%s)
    if make --no-print-directory PYTHON="$python" VENV=".venv-$version" build &&
        ".venv-$version/bin/python" "$here/run_tests.py" python drf example; then
        note "Python $version" passed "$start"
        newest=$version
    else
        note "Python $version" FAILED "$start"
    fi
done

if [ -n "$newest" ]; then
    echo "=== Once: lint and C tests"
    start=$(date +%s)
    if ".venv-$newest/bin/python" "$here/run_tests.py" lint c; then
        note "lint and C tests, once" passed "$start"
    else
        note "lint and C tests, once" FAILED "$start"
    fi
else
    note "lint and C tests, for want of a Python" FAILED
fi

echo
echo "=== make test-all"
printf '%s' "$table" | awk -F '|' '{ printf "  %-38s %-10s %8s\n", $1, $2, $3 }'
exit $failed
