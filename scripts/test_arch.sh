#!/bin/sh
# usage: scripts/test_arch.sh [arm64|armhf|s390x ...]      (default: all three)
# Builds the core and its C tests with Debian's cross compilers, and runs them under qemu-user: NEON,
# 32 bits, and big-endian bytes.
#
# The other architecture's OpenSSL is unpacked under build/arch. apt is given a configuration of its
# own there, in which that architecture is the machine's: the machine's packages, package lists and
# architectures stay as they are (`dpkg --add-architecture` would tie the version of its OpenSSL to
# the other's).
set -eu
cd "$(dirname "$0")/.."
[ "$#" -gt 0 ] || set -- arm64 armhf s390x

# fetch ARCHITECTURE DIRECTORY: its libssl-dev and libssl3, unpacked into DIRECTORY/root.
fetch() {
    place=$PWD/$2
    rm -rf "$place"
    mkdir -p "$place/state/lists/partial" "$place/cache/archives/partial"
    : >"$place/state/status"
    cat >"$place/apt.conf" <<END
APT::Architecture "$1";
APT::Architectures { "$1"; };
Dir::State "$place/state";
Dir::State::status "$place/state/status";
Dir::Cache "$place/cache";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
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

failed=
for architecture in "$@"; do
    case $architecture in
    arm64) triplet=aarch64-linux-gnu emulator=qemu-aarch64 ;;
    armhf) triplet=arm-linux-gnueabihf emulator=qemu-arm ;;
    s390x) triplet=s390x-linux-gnu emulator=qemu-s390x ;;
    *)
        echo "usage: test_arch.sh [arm64|armhf|s390x ...]" >&2
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
