#!/bin/sh
# usage: check_requirements.sh build|fuzz|valgrind|analyze|arch|messages|deploy|http|browser
# environment: PYTHON, CC, CHROMIUM
# Looks for what the target needs from the system. What is missing is installed where that is
# allowed (root, apt-get); otherwise the script says exactly what to type and exits 1.
set -eu

target=${1:-build}
here=$(dirname "$0")

has() { command -v "$1" >/dev/null 2>&1; }

python() { echo "${PYTHON:-$("$here/find_python.sh" || true)}"; }

has_compiler() { has "${CC:-cc}" || has gcc || has clang; }

has_openssl() {
    flags=$(pkg-config --cflags libcrypto 2>/dev/null || true)
    [ -z "${OPENSSL_DIR:-}" ] || flags="-I$OPENSSL_DIR/include"
    # shellcheck disable=SC2086  # flags and CFLAGS are lists of words
    printf '%s\n' '#include <openssl/opensslv.h>' '#if OPENSSL_VERSION_NUMBER < 0x30000000L' \
        '#error "too old"' '#endif' | "${CC:-cc}" $flags ${CFLAGS:-} -E -o /dev/null - 2>/dev/null
}

has_python() { [ -n "$(python)" ]; }

has_python_headers() {
    "$(python)" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
}

has_venv() { "$(python)" -c 'import ensurepip, venv' 2>/dev/null; }

# clang alone is not enough: libFuzzer and the sanitizers' run-time libraries are packages too.
has_fuzzer() {
    has clang || return 1
    directory=$(mktemp -d)
    echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return n > 9 && *d; }' \
        >"$directory/probe.c"
    status=0
    clang -fsanitize=fuzzer,address,undefined -o "$directory/probe" "$directory/probe.c" \
        2>/dev/null || status=1
    rm -rf "$directory"
    return $status
}

has_chromium() {
    has "${CHROMIUM:-chromium}" || has chromium-browser || has google-chrome-stable ||
        has google-chrome
}

# The C library that a cross compiler compiles against is a package of its own.
has_cross_libc() { echo '#include <stdlib.h>' | "$1-gcc" -E -o /dev/null - 2>/dev/null; }

# Sets `missing` to the names of what the target lacks.
look() {
    missing=
    case $target in
    build)
        has_compiler || missing="$missing compiler"
        has_compiler && has_openssl || missing="$missing openssl"
        if has_python; then
            has_python_headers || missing="$missing python-headers"
            has_venv || missing="$missing venv"
        else
            missing="$missing python"
        fi
        ;;
    fuzz) has_fuzzer || missing=" fuzzer" ;;
    valgrind) has valgrind || missing=" valgrind" ;;
    http) has wrk || missing=" wrk" ;;
    messages) has xgettext && has msgmerge && has msgfmt || missing=" gettext" ;;
    analyze)
        has "${GCC:-gcc}" || missing="$missing compiler"
        has "${CLANG_TIDY:-clang-tidy}" || missing="$missing clang-tidy"
        ;;
    deploy)
        for command in nginx apache2 wrk openssl setpriv; do
            has $command || missing="$missing $command"
        done
        [ -e /usr/lib/apache2/modules/mod_wsgi.so ] || missing="$missing mod_wsgi"
        PYTHON=/usr/bin/python3
        has_python_headers 2>/dev/null && has_venv || missing="$missing system-python"
        has apt-get || missing="$missing apt"
        ;;
    browser) has_chromium || missing=" chromium" ;;
    arch)
        for triplet in aarch64-linux-gnu arm-linux-gnueabihf s390x-linux-gnu; do
            has "$triplet-gcc" && has_cross_libc "$triplet" || missing="$missing $triplet"
        done
        has qemu-s390x && has qemu-aarch64 && has qemu-arm || missing="$missing qemu"
        has apt-get && has dpkg || missing="$missing apt"
        ;;
    *)
        echo "usage: check_requirements.sh" \
            "build|fuzz|valgrind|analyze|arch|messages|deploy|http|browser" >&2
        exit 2
        ;;
    esac
}

# packages FAMILY: the packages of that family of systems that hold what is missing.
packages() {
    for name in $missing; do
        case $1:$name in
        debian:compiler) echo gcc libc6-dev ;;
        debian:openssl) echo libssl-dev pkg-config ;;
        debian:python) echo python3 python3-dev python3-venv ;;
        debian:python-headers) echo "$(debian_python)-dev" ;;
        debian:venv) echo "$(debian_python)-venv" ;;
        debian:fuzzer) echo clang "$(debian_clang_runtime)" ;;
        fedora:compiler) echo gcc ;;
        fedora:openssl) echo openssl-devel pkgconf-pkg-config ;;
        fedora:python | fedora:python-headers | fedora:venv) echo python3-devel python3-pip ;;
        fedora:fuzzer) echo clang compiler-rt ;;
        alpine:compiler) echo gcc musl-dev ;;
        alpine:openssl) echo openssl-dev pkgconf ;;
        alpine:python | alpine:python-headers | alpine:venv) echo python3-dev py3-pip ;;
        alpine:fuzzer) echo clang compiler-rt ;;
        macos:compiler) ;;
        macos:openssl) echo openssl@3 pkgconf ;;
        macos:python | macos:python-headers | macos:venv) echo python@3.13 ;;
        macos:fuzzer) echo llvm ;;
        *:valgrind) echo valgrind ;;
        *:gettext) echo gettext ;;
        *:wrk) echo wrk ;;
        # Without a font a page has no text.
        debian:chromium) echo chromium fonts-liberation ;;
        fedora:chromium) echo chromium liberation-fonts ;;
        alpine:chromium) echo chromium font-liberation ;;
        macos:chromium) ;;
        debian:clang-tidy) echo clang-tidy ;;
        fedora:clang-tidy | alpine:clang-tidy) echo clang-tools-extra ;;
        macos:clang-tidy) echo llvm ;;
        debian:aarch64-linux-gnu) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
        debian:arm-linux-gnueabihf) echo gcc-arm-linux-gnueabihf libc6-dev-armhf-cross ;;
        debian:s390x-linux-gnu) echo gcc-s390x-linux-gnu libc6-dev-s390x-cross ;;
        debian:qemu) echo qemu-user ;;
        debian:nginx) echo nginx-light ;;
        debian:apache2 | debian:wrk | debian:openssl) echo "$name" ;;
        debian:setpriv) echo util-linux ;;
        debian:mod_wsgi) echo libapache2-mod-wsgi-py3 ;;
        debian:system-python) echo python3 python3-dev python3-venv ;;
        esac
    done | tr ' ' '\n' | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# Debian's name of the Python that is to be used: python3.11, or python3 for the system's own.
debian_python() {
    case $(python) in
    /usr/bin/python3.*) basename "$(python)" ;;
    *) echo python3 ;;
    esac
}

# libclang-rt-14-dev, say: named after the version of Debian's clang.
debian_clang_runtime() {
    version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p')
    echo "libclang-rt-${version:+$version-}dev"
}

look
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && has apt-get; then
    list=$(packages debian)
    echo "Installing what is missing:$missing (apt-get install $list)"
    log=$(mktemp)
    # shellcheck disable=SC2086  # a list of words
    {
        # RUNLEVEL: a server that is a dependency of tests is installed, and not started.
        apt-get update -qq &&
            RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $list
    } </dev/null >"$log" 2>&1 || cat "$log" >&2
    rm -f "$log"
    look
    [ -n "$missing" ] || exit 0
fi

echo "Missing:$missing. Type this, then try again:" >&2
system=$(
    # shellcheck disable=SC1091
    [ -r /etc/os-release ] && . /etc/os-release && echo "${ID:-} ${ID_LIKE:-}" || uname -s
)
case " $system " in
*" debian "* | *" ubuntu "*) families=debian ;;
*" fedora "* | *" rhel "*) families=fedora ;;
*" alpine "*) families=alpine ;;
*Darwin*) families=macos ;;
*) families="debian fedora alpine macos" ;;
esac
for family in $families; do
    case $family in
    debian) command="sudo apt-get update && sudo apt-get install $(packages debian)" ;;
    fedora) command="sudo dnf install $(packages fedora)" ;;
    alpine) command="sudo apk add $(packages alpine)" ;;
    macos)
        command="xcode-select --install"
        [ "$missing" != " chromium" ] || command="brew install --cask chromium"
        brew=$(packages macos)
        [ -z "$brew" ] || command="$command; brew install $brew"
        ;;
    esac
    printf '  %-8s %s\n' "$family:" "$command" >&2
done
case "$families $missing" in
*macos*openssl*)
    # shellcheck disable=SC2016  # to be typed as it stands
    echo '  macOS keeps it apart: export OPENSSL_DIR="$(brew --prefix openssl@3)"' >&2
    ;;
esac
exit 1
