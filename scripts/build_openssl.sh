#!/bin/sh
# usage: build_openssl.sh PREFIX      environment: OPENSSL_TARBALL
# Builds the libcrypto.a that goes into wheels, and installs it, its headers and its licence below
# PREFIX. The source is fetched from OpenSSL's releases, or is the file OPENSSL_TARBALL; either must
# have the checksum below. A new version is these two lines, from openssl-library.org/source.
set -eu

version=3.5.9
sha256=603f5602e2eef00d77fbd429d34dcd5822bb301757a1bc9cdb24c670f1eb859a

prefix=$1
[ "$(cat "$prefix/version" 2>/dev/null)" != "$version" ] || exit 0

has() { command -v "$1" >/dev/null 2>&1; }

# Configure is a Perl script, and the images of manylinux have only a part of Perl.
if ! perl -MIPC::Cmd -MTime::Piece -e 1 2>/dev/null; then
    if has dnf; then
        dnf install -y perl-core
    elif has yum; then
        yum install -y perl-core
    elif has apk; then
        apk add --no-cache perl linux-headers
    elif has pacman; then
        pacman --sync --refresh --needed --noconfirm perl
    else
        echo "build_openssl.sh: Perl is missing, with its modules IPC::Cmd and Time::Piece" >&2
        exit 1
    fi
elif has apk; then
    apk add --no-cache linux-headers
fi

# On Windows this runs in MSYS2, and Configure is told which of its compilers is meant.
target=
openssldir=/usr/share/pyjwtfast/ssl
case $(uname -s) in
MINGW64*)
    pacman --sync --refresh --needed --noconfirm make mingw-w64-x86_64-gcc
    target=mingw64
    openssldir='C:/Program Files/Common Files/pyjwtfast/ssl'
    ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tarball=${OPENSSL_TARBALL:-$work/openssl.tar.gz}
if [ -z "${OPENSSL_TARBALL:-}" ]; then
    url=https://github.com/openssl/openssl/releases/download/openssl-$version/openssl-$version.tar.gz
    curl --fail --silent --show-error --location --retry 3 --output "$tarball" "$url"
fi
if has sha256sum; then
    found=$(sha256sum "$tarball")
else
    found=$(shasum -a 256 "$tarball")
fi
if [ "${found%% *}" != "$sha256" ]; then
    echo "build_openssl.sh: the checksum of $tarball is ${found%% *}, and not $sha256" >&2
    exit 1
fi
tar -xzf "$tarball" -C "$work"
cd "$work/openssl-$version"

# No modules, and little that the extension has no use for. The folder of openssl.cnf is one that
# is on no machine, below one that only root can write to: what a system's own configuration says is
# meant for the system's own version. OPENSSL_CONF still names one.
./Configure $target \
    --prefix="$prefix" --libdir=lib --openssldir="$openssldir" \
    -fPIC no-shared no-module no-legacy no-apps no-docs no-tests no-engine no-comp \
    no-cms no-ct no-srp no-ts
make -j"$(getconf _NPROCESSORS_ONLN)" build_libs >build.log 2>&1 || {
    tail -n 50 build.log >&2
    exit 1
}
make install_dev >install.log 2>&1 || {
    tail -n 50 install.log >&2
    exit 1
}
cp LICENSE.txt "$prefix/LICENSE.txt"
echo "$version" >"$prefix/version"
echo "OpenSSL $version is in $prefix"
