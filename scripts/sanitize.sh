#!/bin/sh
# Runs the Python tests against an extension built with AddressSanitizer and UBSan, in a copy of the
# tree under build/sanitize, so that the ordinary build stays. Python's allocator is replaced by
# malloc, which the sanitizer watches byte by byte; what is still allocated when an interpreter ends
# is a failure too, but for what sanitize.supp names.
#
# usage: scripts/sanitize.sh python [pytest arguments]
# Without arguments: every test but those of tools (compilers, linters and pip do not live under
# LD_PRELOAD, and leak), and again what needs Django.
set -eu
cd "$(dirname "$0")/.."
python=$1
shift

case $python in /*) ;; *) python=$PWD/$python ;; esac
vectors=${PYJWTFAST_VECTORS:-$PWD/../shared/vectors}
suppressions=$PWD/scripts/sanitize.supp
copy=build/sanitize
rm -rf "$copy"
mkdir -p "$copy"
git ls-files | tar -cf - -T - | tar -xf - -C "$copy"
cd "$copy"

PYJWTFAST_LTO=0 CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -g -O1" \
    LDFLAGS="-fsanitize=address,undefined" "$python" setup.py --quiet build_ext --inplace

run_pytest() {
    PYJWTFAST_SANITIZED=1 PYTHONMALLOC=malloc PYJWTFAST_VECTORS=$vectors \
        LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" \
        ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1 \
        LSAN_OPTIONS="suppressions=$suppressions:print_suppressions=0" \
        UBSAN_OPTIONS=print_stacktrace=1 "$python" -m pytest -q -p no:cacheprovider "$@"
}

if [ "$#" -gt 0 ]; then
    run_pytest "$@"
    exit
fi
status=0
run_pytest tests --ignore=tests/drf --ignore=tests/typing --ignore-glob='tests/test_benchmarks*.py' \
    --ignore=tests/test_coverage.py --ignore=tests/test_instructions.py \
    --ignore=tests/test_layering.py --ignore=tests/test_packaging.py \
    --ignore=tests/test_scripts.py --ignore=tests/one_line/test_move.py || status=1
PYJWTFAST_TEST_DATABASE=sqlite run_pytest tests/drf || status=1
exit $status
