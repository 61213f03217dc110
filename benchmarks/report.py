"""A run's figures as data, as tables for the terminal, and as Markdown."""

from __future__ import annotations

import json
import os
import platform
import re
import ssl
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyjwtfast
from pyjwtfast import _core

from . import breakdown
from .libraries import Library, version_of
from .materials import ALL, slug
from .targets import TARGETS, Limit, Target, Verdict, judge
from .timing import CaseResult, Extra, Figures, Ratio
from .workloads import SIZES

ROOT = Path(__file__).resolve().parent.parent
MARK = "bench"


@dataclass(frozen=True)
class Environment:
    """What the figures are worth knowing with."""

    date: str
    command: str
    python: str
    system: str
    cpu: str
    cpus: int
    load_before: float
    load_after: float
    pyjwtfast: str
    commit: str
    openssl: str
    base64url: str
    python_openssl: str
    versions: dict[str, str]
    missing: dict[str, str]


@dataclass(frozen=True)
class Report:
    environment: Environment
    rounds: int
    turn_milliseconds: float
    cases: list[CaseResult]

    def case(self, name: str) -> CaseResult | None:
        return next((case for case in self.cases if case.name == name), None)


# --- gathering ---


def cpu_name() -> str:
    """The processor's model as the system calls it."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        found = None
    if found:
        return re.sub(r"\((R|TM)\)", "", found[1]).strip()
    return platform.processor() or platform.machine()


def commit() -> str:
    """The commit that is checked out, "+" for changes since; "" outside a repository."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def load_average() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def openssl_of_cryptography() -> str:
    """The OpenSSL that PyJWT's asymmetric algorithms run on, "" without `cryptography`."""
    try:
        from cryptography.hazmat.backends.openssl import backend
    except ImportError:
        return ""
    return str(backend.openssl_version_text())


def environment(
    peers: dict[str, Library], load_before: float, command: str = "python -m benchmarks"
) -> Environment:
    """command: what was typed, without its arguments."""
    others = ("Django", "djangorestframework", "cryptography", "orjson", "msgspec")
    versions = {peer.name: peer.version for peer in peers.values() if not peer.missing}
    versions |= {name: version for name in others if (version := version_of(name))}
    if theirs := openssl_of_cryptography():
        versions["cryptography's"] = theirs
    return Environment(
        date=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        command=" ".join([command, *sys.argv[1:]]),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=f"{platform.system()} {platform.machine()}",
        cpu=cpu_name(),
        cpus=os.cpu_count() or 1,
        load_before=round(load_before, 2),
        load_after=round(load_average(), 2),
        pyjwtfast=pyjwtfast.__version__,
        commit=commit(),
        openssl=_core.OPENSSL_VERSION,
        base64url=_core.BASE64URL_PATH,
        python_openssl=ssl.OPENSSL_VERSION,
        versions=versions,
        missing={peer.name: peer.missing for peer in peers.values() if peer.missing},
    )


# --- JSON ---


def file_stem(env: Environment) -> str:
    """cpython-3.13.0-intel-xeon-processor: what tells one machine's results from another's."""
    return re.sub(r"[^a-z0-9.]+", "-", f"{env.python} {env.cpu}".lower()).strip("-")


def to_json(report: Report, targets: Sequence[Target | Limit] = TARGETS) -> str:
    data = asdict(report)
    data["targets"] = [
        {**asdict(verdict.target), "reached": verdict.reached and asdict(verdict.reached)}
        | {"ok": verdict.ok}
        for verdict in judge(report.cases, targets)
    ]
    rounded = json.loads(json.dumps(data), parse_float=lambda text: float(f"{float(text):.5g}"))
    return json.dumps(rounded, indent=1) + "\n"


def from_json(text: str) -> Report:
    """The report that to_json wrote; its targets are judged anew."""
    data: dict[str, Any] = json.loads(text)
    cases = []
    for case in data["cases"]:
        figures = [
            Figures(
                **{
                    **one,
                    "ratios": {to: Ratio(**it) for to, it in one["ratios"].items()},
                    # Runs of older versions have none.
                    "extras": {to: Extra(**it) for to, it in one.get("extras", {}).items()},
                }
            )
            for one in case["figures"]
        ]
        cases.append(CaseResult(**{**case, "figures": figures}))
    return Report(
        Environment(**data["environment"]), data["rounds"], data["turn_milliseconds"], cases
    )


# --- text ---


def times(value: float, digits: int = 2) -> str:
    """A ratio with as many digits as it is worth: at most so many after the point."""
    return f"{value:.1f}" if value >= 9.95 else f"{value:.{digits}f}"


def duration(nanoseconds: float) -> str:
    """With its unit, three digits or so: 438 ns, 26.1 µs, 1.20 ms."""
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= 0.9995 * size:
            digits = f"{nanoseconds / size:#.3g}".removesuffix(".")
            return f"{digits} {unit}"
    return f"{nanoseconds:.0f} ns" if nanoseconds >= 9.95 else f"{nanoseconds:.1f} ns"


def case_rows(result: CaseResult) -> list[list[str]]:
    """Head and lines of a case's table."""
    references = list(result.figures[0].ratios)
    rows = [["", "min", "median", *(f"x {name}" for name in references)]]
    for one in result.figures:
        ratios = [times(one.ratios[name].median) for name in references]
        rows.append([one.name, duration(one.minimum), duration(one.median), *ratios])
    return rows


def breakdown_rows(result: CaseResult) -> list[list[str]]:
    shares = breakdown.shares(result)
    whole = shares[-1].nanoseconds
    return [["", "min", "share"]] + [
        [share.what, duration(share.nanoseconds), f"{share.nanoseconds / whole:.0%}"]
        for share in shares
    ]


def rows_of(result: CaseResult) -> list[list[str]]:
    return breakdown_rows(result) if result.group == "breakdown" else case_rows(result)


def goal(target: Target | Limit) -> str:
    if isinstance(target, Target):
        return f">= {target.factor:.4g} x {target.reference}"
    if not target.reference:
        return f"<= {duration(target.nanoseconds)}"
    return f"<= {target.factor:g} x {target.reference} + {duration(target.nanoseconds)}"


def value_of(target: Target | Limit, reached: float) -> str:
    """One of the two numbers of what was reached: how many times, how long, or how much longer."""
    if isinstance(target, Target):
        return times(reached, 3)
    if not target.reference:
        return duration(reached)
    return f"{'-' if reached < 0 else '+'} {duration(abs(reached))}"


def verdict_rows(verdicts: Sequence[Verdict]) -> list[list[str]]:
    rows = [["measure", "target", "reached", "by minima", "ok"]]
    for verdict in verdicts:
        target, reached = verdict.target, verdict.reached
        if reached is None:
            rows.append([target.measure, goal(target), "-", "-", "not measured"])
        else:
            ok = "reached" if verdict.ok else "MISSED"
            values = [value_of(target, reached.median), value_of(target, reached.minima)]
            rows.append([target.measure, goal(target), *values, ok])
    return rows


def algorithm_case(report: Report, verb: str, name: str) -> CaseResult | None:
    """The case of an algorithm; HS256 has those of the groups "decode" and "encode"."""
    if name == "HS256":
        return report.case({"verify": "decode", "sign": "encode"}[verb])
    return report.case(f"{verb}-{slug(name)}")


def algorithm_rows(report: Report) -> list[list[str]]:
    """Prepared keys of every algorithm: PyJWT's, ryjwt's, OpenSSL alone, ours."""
    verifying = ["verify: PyJWT", "ryjwt", "OpenSSL alone", "pyjwtfast", "seen before"]
    rows = [["", *verifying, "sign: PyJWT", "ryjwt", "OpenSSL alone", "pyjwtfast"]]
    seen = report.case("cached-algorithms")
    for name in ALL:
        row = [name]
        for verb, own in (("verify", "Verifier.verify()"), ("sign", "Signer.sign()")):
            case = algorithm_case(report, verb, name)
            row += [least(case, library) for library in ("PyJWT", "ryjwt", "OpenSSL")]
            row.append(f"**{cell(case, f'pyjwtfast {own}')}**")
            if verb == "verify":
                row.append(f"**{cell(seen, f'pyjwtfast {name}')}**")
        rows.append(row)
    return rows


def size_rows(report: Report, verb: str) -> list[list[str]]:
    """The least time of every algorithm for every size of the payload."""
    rows = [["", *SIZES]]
    for name in ALL:
        cases = [report.case(f"{verb}-algorithms-{label.replace(' ', '')}") for label in SIZES]
        rows.append([name, *(cell(case, f"pyjwtfast {name}") for case in cases)])
    return rows


def aligned(rows: list[list[str]]) -> str:
    """Rows as text: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def markdown(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def describe(env: Environment) -> str:
    """Machine and versions, for the top of a run."""
    lines = [
        f"{env.python} on {env.cpu} ({env.cpus} CPUs), {env.system}, {env.date}",
        f"pyjwtfast {env.pyjwtfast} ({env.commit or 'no repository'}), {env.openssl}, "
        f"base64url by {env.base64url}; Python's {env.python_openssl}",
        ", ".join(f"{name} {version}" for name, version in env.versions.items()),
    ]
    lines += [f"Without {name}: {why}" for name, why in env.missing.items()]
    if env.load_before > env.cpus / 4:
        lines.append(
            f"The machine is busy (load {env.load_before:.1f}): these figures are less certain"
        )
    return "\n".join(lines)


# --- Markdown ---


def cell(case: CaseResult | None, *names: str) -> str:
    """The minimum of the fastest of these contestants."""
    found = [figures.minimum for name in names if case and (figures := case.of(name))]
    return duration(min(found)) if found else "-"


def least_of(case: CaseResult | None, library: str) -> float | None:
    """The minimum of a library's fastest contestant, in nanoseconds."""
    found = [one.minimum for one in case.figures if one.library == library] if case else []
    return min(found) if found else None


def least(case: CaseResult | None, library: str) -> str:
    """The same as text."""
    found = least_of(case, library)
    return "-" if found is None else duration(found)


def ratio_cell(case: CaseResult | None, name: str, reference: str) -> str:
    figures = case.of(name) if case else None
    if figures is None or reference not in figures.ratios:
        return "-"
    return f"{times(figures.ratios[reference].median)} x"


def short_rows(report: Report) -> list[list[str]]:
    """The call, what it replaces, ryjwt's, ours, and how many times as fast ours is."""
    rows = [["", "PyJWT", "ryjwt", "pyjwtfast", "vs PyJWT", "vs ryjwt"]]

    def add(title: str, case: CaseResult | None, ours: str) -> None:
        own = case.of(f"pyjwtfast {ours}") if case else None
        fastest = [least_of(case, library) for library in ("PyJWT", "ryjwt")]
        ratios = [f"{times(other / own.minimum)} x" if own and other else "-" for other in fastest]
        others = [duration(other) if other else "-" for other in fastest]
        rows.append([title, *others, f"**{cell(case, f'pyjwtfast {ours}')}**", *ratios])

    add("`decode()`, HS256", report.case("decode"), "decode()")
    for name in ("HS256", "RS256", "ES256"):
        add(
            f"`Verifier.verify()`, {name}",
            algorithm_case(report, "verify", name),
            "Verifier.verify()",
        )
    add(
        "`Verifier.verify()`, token seen before",
        report.case("rotating-flat"),
        "Verifier.verify(), cached",
    )
    add("`encode()`, HS256", report.case("encode"), "encode()")
    for name in ("HS256", "RS256", "ES256"):
        add(f"`Signer.sign()`, {name}", algorithm_case(report, "sign", name), "Signer.sign()")
    return rows


def readme_lines(report: Report) -> str:
    """The least times, and those of PyJWT and ryjwt in parentheses."""

    def took(case: CaseResult | None, ours: str) -> str:
        own = cell(case, f"pyjwtfast {ours}")
        return f"**{own}** ({least(case, 'PyJWT')}, {least(case, 'ryjwt')})"

    def verified(name: str) -> str:
        return took(algorithm_case(report, "verify", name), "Verifier.verify()")

    decode = took(report.case("decode"), "decode()")
    encode = took(report.case("encode"), "encode()")
    seen = took(report.case("rotating-flat"), "Verifier.verify(), cached")
    return f"""\
- `decode()`, HS256: {decode}; `encode()`: {encode}.
- With a prepared key, `Verifier.verify()`: {verified("HS256")}; of a token seen before: {seen}.
- RS256: {verified("RS256")}; ES256: {verified("ES256")}; nearly all of that is OpenSSL's time.
- {readme_drf_line(report)}"""


def readme_drf_line(report: Report) -> str:
    way = "JWTStatelessUserAuthentication"
    seen, new = report.case("drf-rotating"), report.case("drf-uncached")
    own, theirs = f"pyjwtfast.drf {way}", f"simplejwt {way}"
    return (
        f"In Django REST Framework, `{way}` takes **{cell(seen, own)}** for a token seen before, "
        f"and **{cell(new, own)}** for a new one, where simplejwt's takes {cell(seen, theirs)} "
        f"({ratio_cell(seen, own, 'simplejwt')} and {ratio_cell(new, own, 'simplejwt')})."
    )


def versions_line(env: Environment) -> str:
    names = ("PyJWT", "simplejwt", "ryjwt")
    return ", ".join(f"{name} {env.versions[name]}" for name in names if name in env.versions)


def readme_section(report: Report) -> str:
    env = report.environment
    return f"""\
simplejwt's access token (231 characters with HS256); in parentheses PyJWT and ryjwt, each in its \
fastest way. {env.python}, {env.cpu}; {versions_line(env)}. The best of {report.rounds} \
interleaved rounds.

{readme_lines(report)}

To reproduce it: `make bench`. Every algorithm, size and figure, oxyjwt's, too, and plots: \
[docs/performance.md](docs/performance.md).
"""


def surroundings(report: Report, how: str = "") -> str:
    """When, by what and where it was measured, as a list. how: said of the rounds."""
    env = report.environment
    where = {
        "Date": f"{env.date}, commit {env.commit or 'unknown'}",
        "Command": f"`{env.command}`, {report.rounds} rounds{how and f' of {how}'}",
        "Machine": f"{env.cpu}, {env.cpus} CPUs, {env.system}; load {env.load_before} before and "
        f"{env.load_after} after",
        "Python": env.python,
        "pyjwtfast": f"{env.pyjwtfast}, {env.openssl}, base64url by {env.base64url}",
        "Others": ", ".join(f"{name} {version}" for name, version in env.versions.items())
        + f"; Python's {env.python_openssl}",
    }
    where |= {f"Without {name}": why for name, why in env.missing.items()}
    return "\n".join(f"- {name}: {text}" for name, text in where.items())


def performance_section(report: Report, plots: Sequence[str]) -> str:
    """plots: paths from docs/."""
    parts = [surroundings(report)]
    parts.append(f"### In short\n\n{markdown(short_rows(report))}\n\n{readme_drf_line(report)}")
    parts += [f"![{Path(plot).stem.split('-')[-1]}]({plot})" for plot in plots]
    about = "Prepared keys, least times; PyJWT's key is an object of `cryptography`."
    parts.append(f"### Every algorithm\n\n{about}\n\n{markdown(algorithm_rows(report))}")
    for verb, call in (("verify", "Verifier.verify()"), ("sign", "Signer.sign()")):
        title = f"{call} by algorithm and size of the payload, a list of short strings"
        parts.append(f"### {title}\n\n{markdown(size_rows(report, verb))}")
    parts += [
        f"### {case.title}\n\n{markdown(rows_of(case))}"
        for case in report.cases
        if case.group != "algorithm-sizes"  # the tables of sizes have them
    ]
    about = (
        "They were set before the work began, from figures of another machine. Of a target with a "
        "sum, what was reached is how much longer than the multiple it took"
    )
    if any(case.group == "breakdown" for case in report.cases):
        about += "; the breakdown above shows where the time of those that are missed goes"
    targets = markdown(verdict_rows(judge(report.cases)))
    parts.append(f"### The project's own targets\n\n{about}.\n\n{targets}")
    return "\n\n".join(parts) + "\n"


def replace_section(path: Path, text: str, mark: str = MARK) -> None:
    """Puts text between the markers of a file, <!-- mark:start --> and <!-- mark:end -->.

    Raises ValueError where they are missing.
    """
    first, last = f"<!-- {mark}:start -->", f"<!-- {mark}:end -->"
    before, start, rest = path.read_text("utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not (start and end):
        raise ValueError(f"{path} has no {first} ... {last}")
    path.write_text(f"{before}{start}\n{text}{end}{after}", "utf-8")
