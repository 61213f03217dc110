#!/bin/sh
# Runs the Python tests against an extension built with AddressSanitizer and UBSan, in a copy of the
# tree under build/sanitize, so that the ordinary build stays. Python's allocator is replaced by
# malloc, which the sanitizer watches byte by byte.
#
# usage: scripts/sanitize.sh python [pytest arguments]      (default: the tests of the core)
set -eu
cd "$(dirname "$0")/.."
python=$1
shift
[ "$#" -gt 0 ] || set -- tests/api tests/native tests/vectors tests/test_advisories.py

case $python in /*) ;; *) python=$PWD/$python ;; esac
vectors=${PYJWTFAST_VECTORS:-$PWD/../shared/vectors}
copy=build/sanitize
rm -rf "$copy"
mkdir -p "$copy"
git ls-files csrc pyjwtfast tests setup.py pyproject.toml README.md | tar -cf - -T - | tar -xf - -C "$copy"
cd "$copy"

PYJWTFAST_LTO=0 CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -g -O1" \
    LDFLAGS="-fsanitize=address,undefined" "$python" setup.py --quiet build_ext --inplace

# Leaks are looked for by tests/isolated: CPython itself frees little when it ends.
PYTHONMALLOC=malloc PYJWTFAST_VECTORS=$vectors \
    LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" \
    ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
    exec "$python" -m pytest -q "$@"
