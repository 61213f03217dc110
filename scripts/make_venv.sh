#!/bin/sh
# usage: make_venv.sh DIRECTORY EXTRA      environment: PYTHON (default: the newest that is found)
# Makes the virtual environment if need be and installs the project into it, editable, with EXTRA.
set -eu

directory=$1
extra=$2
here=$(dirname "$0")

"$here/check_requirements.sh" build
if [ ! -x "$directory/bin/python" ]; then
    python=${PYTHON:-$("$here/find_python.sh")}
    echo "Making $directory with $("$python" --version) ($python)"
    "$python" -m venv "$directory"
fi
echo "Installing pyjwtfast[$extra] into $directory"
"$directory/bin/python" -m pip install --quiet --disable-pip-version-check -e ".[$extra]"
