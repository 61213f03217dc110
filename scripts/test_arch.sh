#!/bin/sh
# usage: scripts/test_arch.sh [arm64|armhf|s390x|windows ...]      (default: the first three)
# Builds the core and its C tests with Debian's cross compilers, and runs them under qemu-user: NEON,
# 32 bits, and big-endian bytes. windows: with MinGW-w64, under Wine; it takes minutes to build an
# OpenSSL for that, from Debian's source.
#
# The other architecture's OpenSSL is unpacked under build/arch. apt is given a configuration of its
# own there, in which that architecture is the machine's: the machine's packages, package lists and
# architectures stay as they are (`dpkg --add-architecture` would tie the version of its OpenSSL to
# the other's).
set -eu
cd "$(dirname "$0")/.."
[ "$#" -gt 0 ] || set -- arm64 armhf s390x

# own_apt PLACE: apt's configuration below PLACE begins; what it fetches is kept there, too.
own_apt() {
    rm -rf "$1"
    mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial"
    cat >"$1/apt.conf" <<END
Dir::State::lists "$1/state/lists";
Dir::Cache "$1/cache";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
}

# fetch ARCHITECTURE DIRECTORY: its libssl-dev and libssl3, unpacked into DIRECTORY/root.
fetch() {
    place=$PWD/$2
    own_apt "$place"
    : >"$place/state/status"
    cat >>"$place/apt.conf" <<END
APT::Architecture "$1";
APT::Architectures { "$1"; };
Dir::State "$place/state";
Dir::State::status "$place/state/status";
END
    (
        export APT_CONFIG="$place/apt.conf"
        cd "$place"
        apt-get update -qq
        apt-get download -qq libssl-dev libssl3
    ) >"$place/log" 2>&1 || {
        cat "$place/log" >&2
        echo "apt could not fetch libssl-dev and libssl3 of $1" >&2
        return 1
    }
    for package in "$place"/*.deb; do
        dpkg -x "$package" "$place/root"
    done
    touch "$place/fetched"
}

# build_for_windows DIRECTORY: OpenSSL's libcrypto.a, built into DIRECTORY/root.
build_for_windows() {
    place=$PWD/$1
    for command in x86_64-w64-mingw32-gcc wine perl make; do
        command -v $command >/dev/null || {
            echo "windows needs: apt-get install gcc-mingw-w64-x86-64 wine64 wine perl make" >&2
            return 1
        }
    done
    own_apt "$place"
    echo "deb-src http://deb.debian.org/debian $(. /etc/os-release && echo "$VERSION_CODENAME") main" \
        >"$place/sources.list"
    cat >>"$place/apt.conf" <<END
Dir::Etc::sourcelist "$place/sources.list";
Dir::Etc::sourceparts "-";
END
    echo "building OpenSSL for Windows; it is told in $1/log"
    (
        export APT_CONFIG="$place/apt.conf"
        cd "$place"
        apt-get update -qq
        apt-get source -qq --download-only openssl
        tar -xzf openssl_*.orig.tar.gz
        cd openssl-*/
        ./Configure mingw64 --cross-compile-prefix=x86_64-w64-mingw32- --libdir=lib \
            --prefix="$place/root" no-shared no-module no-tests no-engine
        make -j"$(getconf _NPROCESSORS_ONLN)" build_libs
        make install_dev
    ) >"$place/log" 2>&1 || {
        tail -n 20 "$place/log" >&2
        return 1
    }
    touch "$place/fetched"
}

failed=
for architecture in "$@"; do
    case $architecture in
    arm64) triplet=aarch64-linux-gnu emulator=qemu-aarch64 ;;
    armhf) triplet=arm-linux-gnueabihf emulator=qemu-arm ;;
    s390x) triplet=s390x-linux-gnu emulator=qemu-s390x ;;
    windows)
        directory=build/arch/windows
        [ -e "$directory/fetched" ] || build_for_windows "$directory"
        root=$PWD/$directory/root
        echo "windows, $(wine --version):"
        # There is no library of UBSan's: what it finds is an illegal instruction.
        WINEDEBUG=-all WINEPREFIX="$PWD/$directory/wine" PJF_TEST_STEP=37 \
            make -C csrc check-emulated CC=x86_64-w64-mingw32-gcc EXE=.exe EMULATOR=wine \
            CFLAGS="-D__USE_MINGW_ANSI_STDIO=1 -fsanitize-undefined-trap-on-error" \
            OPENSSL_CFLAGS="-isystem $root/include" LDFLAGS=-static \
            OPENSSL_LIBS="-L$root/lib -lcrypto -lws2_32 -lcrypt32 -lpthread" ||
            failed="$failed $architecture"
        continue
        ;;
    *)
        echo "usage: test_arch.sh [arm64|armhf|s390x|windows ...]" >&2
        exit 2
        ;;
    esac
    directory=build/arch/$architecture
    [ -e "$directory/fetched" ] || fetch "$architecture" "$directory"
    root=$PWD/$directory/root/usr
    version=$(sed -n 's/^Version: //p' "$root/lib/$triplet/pkgconfig/libcrypto.pc")
    echo "$architecture, OpenSSL $version, $emulator:"
    make -C csrc check-emulated CC="$triplet-gcc" \
        OPENSSL_CFLAGS="-isystem $root/include/$triplet -isystem $root/include" \
        OPENSSL_LIBS="-L$root/lib/$triplet -lcrypto" \
        EMULATOR="$emulator -L /usr/$triplet -E LD_LIBRARY_PATH=$root/lib/$triplet" ||
        failed="$failed $architecture"
done
if [ "$failed" ]; then
    echo "FAILED:$failed"
    exit 1
fi
