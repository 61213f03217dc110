#!/bin/sh
# usage: scripts/analyze.sh python [file ...]      environment: GCC, CLANG_TIDY
# Static analysis of csrc/core and csrc/py, or of the files named: gcc's -fanalyzer, once as the
# code stands and once after the optimiser has inlined it, then clang-tidy as .clang-tidy says. A
# finding of either fails.
set -eu
python=$1
shift
case $python in /*) ;; *) python=$PWD/$python ;; esac
cd "$(dirname "$0")/../csrc"
gcc=${GCC:-gcc}
tidy=${CLANG_TIDY:-clang-tidy}

include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
if [ "${OPENSSL_DIR:-}" ]; then
    openssl=-I$OPENSSL_DIR/include
else
    openssl=$(pkg-config --cflags libcrypto)
fi
[ "$#" -gt 0 ] || set -- core/*.c py/*.c
jobs=$(getconf _NPROCESSORS_ONLN)

# Python's own headers are system headers: what is wrong in them is not ours.
export flags="-std=c11 -I. -isystem$include $openssl" gcc tidy
status=0
for level in -O0 -O2; do
    echo "  $gcc -fanalyzer $level: $# files"
    # shellcheck disable=SC2016  # expanded by the inner shell
    printf '%s\n' "$@" | level=$level xargs -P "$jobs" -n 1 sh -c \
        'exec "$gcc" $flags $level -fanalyzer -Wall -Wextra -Werror -c "$0" -o /dev/null' || status=1
done
echo "  $tidy: $# files"
# shellcheck disable=SC2086  # a list of words
printf '%s\n' "$@" | xargs -P "$jobs" -n 8 sh -c \
    'exec "$tidy" --quiet "$@" -- $flags 2>/dev/null' sh || status=1
[ "$status" = 0 ] && echo "  no findings"
exit "$status"
