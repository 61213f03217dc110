#!/bin/sh
# usage: bench.sh DIRECTORY MODULE [ARGUMENT...]
# Runs `python -m MODULE ARGUMENT...` in a virtual environment of its own, DIRECTORY. ryjwt needs
# Python 3.12: the newest one from there on is taken, otherwise the newest there is, without ryjwt.
set -eu

directory=$1
module=$2
shift 2
here=$(dirname "$0")
if [ -z "${PYTHON:-}" ] && ! PYTHON=$("$here/find_python.sh" 3.12); then
    PYTHON=$("$here/find_python.sh")
    echo "No Python 3.12 or newer was found: running without ryjwt."
fi
export PYTHON
echo "Benchmarks run on $("$PYTHON" --version) ($PYTHON)"
if [ ! -e "$directory/installed" ] || [ pyproject.toml -nt "$directory/installed" ]; then
    "$here/make_venv.sh" "$directory" bench
    touch "$directory/installed"
fi
"$directory/bin/python" setup.py --quiet build_ext --inplace
exec "$directory/bin/python" -m "$module" "$@"
