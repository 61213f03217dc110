"""From a wheel as it is built to one that is published.

    python scripts/repair_wheel.py WHEEL DESTINATION

OpenSSL's code is in it, so its licence comes with it; auditwheel (on macOS delocate) gives it the
name of the systems that it runs on, which for Windows it has already; and it is looked at: the
extension needs nothing but the system's C library, and exports nothing but its module. Needs the
extra `wheel`; cibuildwheel and `make wheel` call this.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

LICENSE = "LICENSE.OpenSSL"
# Of Linux with glibc or musl.
SYSTEM_LIBRARIES = re.compile(
    r"(ld-linux.*|libc|libm|libdl|libpthread|libc\.musl-\w+)\.so(\.\d+)?|ld-musl-\w+\.so\.1"
)
EXPORTS = {"PyInit__core"}


def openssl_license() -> Path:
    """OpenSSL's licence where it was built or installed. Raises SystemExit: there is none."""
    prefix = os.environ.get("OPENSSL_DIR")
    places = [Path("/usr/share/doc/libssl-dev/copyright")]
    if prefix:
        places = [Path(prefix, "LICENSE.txt"), Path(prefix, "LICENSE")]
    for place in places:
        if place.is_file():
            return place
    raise SystemExit(f"OpenSSL's licence is in none of {', '.join(map(str, places))}")


def with_license(wheel: Path, license_file: Path, directory: Path) -> Path:
    """A copy of the wheel in the directory, with the licence in it and named in its metadata.

    The paths that Python's own flags have the extension look for libraries in are left out.
    """
    python = [sys.executable, "-m", "wheel"]
    subprocess.run(
        [*python, "unpack", "--dest", str(directory), str(wheel)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (unpacked,) = directory.iterdir()
    (info,) = unpacked.glob("*.dist-info")
    shutil.copy(license_file, info / "licenses" / LICENSE)
    head, blank, body = (info / "METADATA").read_text("utf-8").partition("\n\n")
    head = head.replace("License-Expression: MIT", "License-Expression: MIT AND Apache-2.0")
    head = head.replace("License-File: LICENSE", f"License-File: LICENSE\nLicense-File: {LICENSE}")
    (info / "METADATA").write_text(head + blank + body, "utf-8", newline="\n")
    if sys.platform == "linux":
        for library in unpacked.rglob("*.so"):
            subprocess.run(["patchelf", "--remove-rpath", str(library)], check=True)
    packed = directory / "packed"
    packed.mkdir()
    subprocess.run(
        [*python, "pack", "--dest-dir", str(packed), str(unpacked)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (result,) = packed.iterdir()
    return result


def repair(wheel: Path, destination: Path) -> None:
    if sys.platform == "win32":
        destination.mkdir()
        shutil.copy(wheel, destination)
        return
    if sys.platform == "darwin":
        command = ["delocate-wheel", "--wheel-dir", str(destination), str(wheel)]
    else:
        command = ["auditwheel", "repair", "--strip", "--wheel-dir", str(destination), str(wheel)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(done.stdout)


def faults(wheel: Path) -> list[str]:
    """What a wheel must not be published with."""
    found = []
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()
        metadata = files.read(next(n for n in names if n.endswith(".dist-info/METADATA"))).decode()
        for name in ("LICENSE", LICENSE):
            if not any(path.endswith(f".dist-info/licenses/{name}") for path in names):
                found.append(f"it lacks the licence {name}")
            if f"\nLicense-File: {name}\n" not in metadata:
                found.append(f"its metadata do not name the licence {name}")
        libraries = [
            path for path in names if re.search(r"\.so(\.|$)|\.dylib$|\.pyd$|\.dll$", path)
        ]
        if len(libraries) != 1 or "/_core." not in libraries[0]:
            found.append(f"its libraries are {libraries}, and not just the extension")
        if sys.platform == "linux":
            with tempfile.TemporaryDirectory() as directory:
                for path in libraries:
                    found += faults_of_library(Path(files.extract(path, directory)))
    return found


def faults_of_library(path: Path) -> list[str]:
    # Not at the top: it comes with auditwheel, which macOS has no use for.
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    found = []
    with path.open("rb") as file:
        elf = ELFFile(file)
        dynamic = elf.get_section_by_name(".dynamic")
        symbols = elf.get_section_by_name(".dynsym")
        assert isinstance(dynamic, DynamicSection)
        assert isinstance(symbols, SymbolTableSection)
        for tag in dynamic.iter_tags():
            if tag.entry.d_tag == "DT_NEEDED" and not SYSTEM_LIBRARIES.fullmatch(tag.needed):
                found.append(f"{path.name} needs {tag.needed}")
            if tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH"):
                found.append(f"{path.name} looks for libraries elsewhere ({tag.entry.d_tag})")
        exported = {
            symbol.name
            for symbol in symbols.iter_symbols()
            if symbol.entry.st_shndx != "SHN_UNDEF" and symbol.entry.st_info.bind != "STB_LOCAL"
        }
        if exported != EXPORTS:
            found.append(f"{path.name} exports {sorted(exported)[:10]}, and not {sorted(EXPORTS)}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes a wheel ready to be published.")
    parser.add_argument("wheel", type=Path)
    parser.add_argument("destination", type=Path)
    arguments = parser.parse_args()
    arguments.destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        licensed = with_license(arguments.wheel, openssl_license(), Path(directory))
        repaired = Path(directory, "repaired")
        repair(licensed, repaired)
        (wheel,) = repaired.glob("*.whl")
        if found := faults(wheel):
            raise SystemExit("\n".join([f"{wheel.name} is not fit to be published:", *found]))
        shutil.copy(wheel, arguments.destination)
        print(arguments.destination / wheel.name)


if __name__ == "__main__":
    main()
