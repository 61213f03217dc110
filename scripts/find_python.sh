#!/bin/sh
# usage: find_python.sh [OLDEST [NEWEST]]
# Prints the path of the newest CPython from OLDEST (default 3.10) to NEWEST (default 3.14), looking
# on PATH and among pyenv's versions. One that can make a virtual environment and build the
# extension is preferred to a newer one that cannot. Exit status 1: there is none.
set -eu

oldest=${1:-3.10}
newest=${2:-3.14}

# A release of CPython with the GIL, of a version asked for.
PROBE='
import sys, sysconfig
oldest, newest = (tuple(map(int, word.split("."))) for word in sys.argv[1:3])
fits = (
    oldest <= sys.version_info[:2] <= newest
    and sys.implementation.name == "cpython"
    and sys.version_info.releaselevel == "final"
    and not sysconfig.get_config_var("Py_GIL_DISABLED")
)
sys.exit(not fits)
'
# It also has the header files and what venv needs.
READY='
import ensurepip, os, sys, sysconfig, venv
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))
'

second_best=
minor=${newest#3.}
while [ "$minor" -ge "${oldest#3.}" ]; do
    for candidate in \
        "$(command -v "python3.$minor" || true)" \
        "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor."*/bin/python3 \
        "$(command -v python3 || true)"; do
        [ -x "$candidate" ] || continue
        "$candidate" -c "$PROBE" "3.$minor" "3.$minor" 2>/dev/null || continue
        # A pyenv shim is a script that answers by the folder it is called in: take what it runs.
        candidate=$("$candidate" -c 'import sys; print(sys.executable)')
        if "$candidate" -c "$READY" 2>/dev/null; then
            echo "$candidate"
            exit 0
        fi
        second_best=${second_best:-$candidate}
    done
    minor=$((minor - 1))
done

[ -n "$second_best" ] && echo "$second_best"
