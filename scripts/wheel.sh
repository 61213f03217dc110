#!/bin/sh
# usage: wheel.sh VENV DESTINATION      environment: PYTHON, OPENSSL_DIR
# Builds the source archive, from it a wheel with OpenSSL inside, and tests that where nothing else
# of this project can be imported. The wheel is for this machine's C library and newer ones: those
# for all systems are built by cibuildwheel (.github/workflows/wheels.yml).
set -eu

venv=$1
destination=$2
here=$(dirname "$0")

if [ ! -e "$venv/installed" ] || [ pyproject.toml -nt "$venv/installed" ]; then
    "$here/check_requirements.sh" build
    python=${PYTHON:-$("$here/find_python.sh")}
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    # The tools alone: the project itself is installed as a wheel, elsewhere.
    "$venv/bin/python" - <<'EOF' >"$venv/tools"
import sys
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
with open("pyproject.toml", "rb") as file:
    print("\n".join(tomllib.load(file)["project"]["optional-dependencies"]["wheel"]))
EOF
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$venv/tools"
    touch "$venv/installed"
fi
PATH=$(cd "$venv/bin" && pwd):$PATH
export PATH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
OPENSSL_STATIC=1 python -m build --outdir "$work" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}
mkdir -p "$destination"
cp "$work"/*.tar.gz "$destination"
python "$here/repair_wheel.py" "$work"/*.whl "$work/repaired"
python "$here/check_wheel.py" "$work"/repaired/*.whl
cp "$work"/repaired/*.whl "$destination"
python "$here/footprint.py" "$work"/repaired/*.whl
