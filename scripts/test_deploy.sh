#!/bin/sh
# usage: test_deploy.sh PYTHON SECONDS [OPTIONS OF PYTEST]      environment: UPDATE
# Installs the servers, makes .venv-deploy for what they run, and runs tests/deploy with PYTHON. Debian
# only: mod_wsgi is for its own Python, so that one runs all deployments, and their table compares them.
# UPDATE=1 writes the table into docs/deploy/index.md.
set -eu
cd "$(dirname "$0")/.."

python=$1
seconds=$2
shift 2
venv=.venv-deploy
scripts/check_requirements.sh deploy
if [ ! -e $venv/installed ] ||
    [ -n "$(find csrc/core csrc/py setup.py pyproject.toml -newer $venv/installed)" ]; then
    PYTHON=/usr/bin/python3 scripts/make_venv.sh $venv deploy
    touch $venv/installed
fi
DEPLOY_SECONDS=$seconds exec "$python" -m pytest tests/deploy "$@"
