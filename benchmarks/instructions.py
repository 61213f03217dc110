"""The instructions that the paths of HS256 take, counted by Valgrind: a guard against slow code.

    python benchmarks/instructions.py [--update]

Noise can't move it. Counted per call are the instructions inside pyjwtfast._core alone: the
difference of two loop counts. They are held against the baseline in results/instructions.json, and
5 % more fail. Those of libcrypto (Valgrind has no SHA-NI), Python and the rest are printed, not
judged.

Only like is compared with like: the same minor version of Python, architecture, major version of
the compiler, flags of the build and base64url path. Where the baseline has no such entry, nothing
is judged, and the output says so. --update writes what was counted into the baseline.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
LOOP = Path(__file__).with_name("instructions_loop.py")
BASELINE = Path(__file__).with_name("results") / "instructions.json"
# A build of its own, so that the flags of the one in place don't matter.
BUILD = ROOT / "build" / "instructions" / (sys.implementation.cache_tag or "python")

PATHS = ("verify", "decode", "sign", "encode", "verify, cached")
TOKENS = 8  # that each turn of a loop goes through
LOW, HIGH = 50, 250  # turns
TOLERANCE = 1.05
OBJECTS = ("_core", "libcrypto", "Python", "other")

Counts = dict[str, Counter[str]]  # by path, then by object; instructions per call


class Kind(TypedDict):
    """What must be the same for two counts to be compared."""

    python: str
    machine: str
    compiler: str
    flags: str
    base64url: str


class Entry(Kind):
    """Of the baseline: instructions inside _core per call, by path."""

    instructions: dict[str, int]


def environment() -> dict[str, str]:
    """This process's variables, without those that change Python or the build."""
    unwanted = re.compile(r"PYTHON.*|CFLAGS|LDFLAGS|PYJWTFAST_LTO")
    return {name: value for name, value in os.environ.items() if not unwanted.fullmatch(name)}


def build() -> Path:
    """The extension, built as for users; its path."""
    command = [sys.executable, "setup.py", "--quiet", "build"]
    places = ["--build-lib", str(BUILD / "lib"), "--build-temp", str(BUILD / "temp")]
    subprocess.run([*command, *places], cwd=ROOT, env=environment(), check=True)
    return BUILD / "lib" / "pyjwtfast" / f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"


def compiler_of(extension: Path) -> str:
    """`gcc 12`: what compilers leave in the objects they make."""
    content = extension.read_bytes()
    if clang := re.search(rb"clang version (\d+)", content):
        return f"clang {int(clang[1])}"
    gcc = re.search(rb"GCC: \([^)]*\) (\d+)", content)
    return f"gcc {int(gcc[1])}" if gcc else "unknown"


def flags_of_python() -> str:
    """Those of Python's own flags that extensions inherit and that change the code they get."""
    words = f"{sysconfig.get_config_var('CC')} {sysconfig.get_config_var('CFLAGS')}".split()
    telling = [word for word in words if re.match(r"-[OmD]|-f(?!.*-prefix-map)", word)]
    return " ".join(telling)


def object_of(path: str) -> str:
    name = path.rpartition("/")[2]
    if name.startswith("_core."):
        return "_core"
    if name.startswith("libcrypto"):
        return "libcrypto"
    return "Python" if re.match(r"(lib)?python", name) else "other"


def read_profile(text: str) -> Counter[str]:
    """Instructions by object of a callgrind file, without those of what an object calls."""
    counts: Counter[str] = Counter()
    current = "other"
    inclusive = False
    for line in text.splitlines():
        if line.startswith("ob="):
            current = object_of(line[3:])
        elif line.startswith("calls="):
            inclusive = True  # the line that follows is the called function's cost
        elif line[:1].isdigit():
            if not inclusive:
                counts[current] += int(line.split()[1])
            inclusive = False
    return counts


def profile(turns: dict[str, int]) -> tuple[Counter[str], str]:
    """Instructions of a run with so many turns of each loop, and the base64url path it took."""
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory, "callgrind.out")
        done = subprocess.run(
            [
                *("valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={output}"),
                *("--compress-strings=no", "--compress-pos=no"),
                *(sys.executable, "-S", str(LOOP)),
                *(f"{path}={count}" for path, count in turns.items()),
            ],
            env={**environment(), "PYTHONHASHSEED": "0", "PYTHONPATH": str(BUILD / "lib")},
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            sys.exit(f"The loop failed under Valgrind:\n{done.stdout}{done.stderr}")
        return read_profile(output.read_text(errors="replace")), done.stdout.strip()


def count() -> tuple[Counts, str]:
    """Instructions per call, and the base64url path: one run with few turns of every loop, then one
    for each path with more turns of its loop alone."""
    few = dict.fromkeys(PATHS, LOW)
    profile(dict.fromkeys(PATHS, 1))  # compiles the modules, which the runs below then only read
    runs = [few, *({**few, path: HIGH} for path in PATHS)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        (base, base64url), *more = pool.map(profile, runs)
    calls = (HIGH - LOW) * TOKENS
    counts: Counts = {}
    for path, (profiled, _) in zip(PATHS, more, strict=True):
        counts[path] = Counter(
            {name: round((profiled[name] - base[name]) / calls) for name in OBJECTS}
        )
    return counts, base64url


def read_baseline(path: Path) -> list[Entry]:
    entries: list[Entry] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return entries


def is_of(entry: Entry, kind: Kind) -> bool:
    return kind.items() <= entry.items()


def write_baseline(path: Path, kind: Kind, counts: Counts) -> None:
    """Puts the counts in the place of what the baseline had of this kind."""
    entries = [entry for entry in read_baseline(path) if not is_of(entry, kind)]
    entries.append({**kind, "instructions": {name: counts[name]["_core"] for name in counts}})
    entries.sort(key=lambda entry: [str(value) for value in entry.values()])
    path.write_text(json.dumps(entries, indent=2) + "\n", "utf-8")


def report(counts: Counts, known: dict[str, int]) -> list[str]:
    """Prints the counts next to the known ones; returns the paths that take too many."""
    print(f"{'per call':<16}{'baseline':>10}" + "".join(f"{name:>11}" for name in OBJECTS))
    slower = []
    for path, found in counts.items():
        before = known.get(path)
        change = ""
        if before:
            change = f"{100 * (found['_core'] / before - 1):+8.1f} %"
            if found["_core"] > before * TOLERANCE:
                slower.append(path)
        figures = "".join(f"{found[name]:>11}" for name in OBJECTS)
        print(f"{path:<16}{before or '-':>10}{figures}{change}")
    return slower


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--update", action="store_true", help="make these counts the baseline")
    parser.add_argument("--baseline", type=Path, default=BASELINE, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed")

    compiler = compiler_of(build())
    counts, base64url = count()
    kind: Kind = {
        "python": "{}.{}".format(*sys.version_info),
        "machine": platform.machine(),
        "compiler": compiler,
        "flags": flags_of_python(),
        "base64url": base64url,
    }
    name = f"Python {kind['python']}, {kind['machine']}, {compiler}, base64url by {base64url}"
    print(f"Instructions, {name}")
    entries = read_baseline(arguments.baseline)
    known = next((entry["instructions"] for entry in entries if is_of(entry, kind)), {})
    slower = report(counts, known)

    if arguments.update:
        write_baseline(arguments.baseline, kind, counts)
        print("These are the baseline now.")
        return 0
    if unknown := [path for path in counts if path not in known]:
        print(f"NOTHING TO COMPARE WITH: the baseline has no {', no '.join(unknown)} of this kind:")
        print(f"  {name}, {kind['flags']}")
        print("`make instructions UPDATE=1` makes these counts the baseline of this kind.")
    for path in slower:
        print(f"FAILED: {path} takes more than 5 % more instructions inside _core")
    return int(bool(slower))


if __name__ == "__main__":
    sys.exit(main())
