"""The picture of a run: time or rate over rows, threads and keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.http import cases as http
from benchmarks.http.plots import heading
from benchmarks.plots import LINES, OURS, label_of, note, tidy
from benchmarks.timing import CaseResult

from .counts import ALGORITHMS, KEYS, THREADS, plural
from .report import ScaleReport
from .rows import SIZES, words

WIDTH = 8.0
COLOURS = {"pyjwtfast": OURS, "simplejwt": LINES["PyJWT"]}
STYLES = {"authenticate": "-", "obtain": "--", "refresh": ":"}
MARKERS = dict(zip(ALGORITHMS, ("o", "s", "D"), strict=True))


def medians(case: CaseResult | None, names: Mapping[int, str]) -> dict[int, float]:
    """Count to nanoseconds, of the contestants that took part."""
    found = {count: case and case.of(name) for count, name in names.items()}
    return {count: one.median for count, one in found.items() if one}


def draw(axes: Any, values: Mapping[int, float], label: str, **style: Any) -> None:
    axes.plot(list(values), list(values.values()), label=label, markersize=4, **style)


def finish(axes: Any, title: str, counts: tuple[int, ...]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()
    heading(axes, title)
    lines = len(axes.get_lines())
    # In two columns, where one would reach down to the lines; and so long that dashes are seen.
    axes.legend(frameon=False, fontsize=7, ncols=1 + lines // 4, handlelength=3.2)
    tidy(axes, "both")


def time_scale(axes: Any) -> None:
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(low / 2, high * 4)  # room for the legend
    low, high = axes.get_ylim()
    ticks = [tick for tick in (1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8) if low <= tick <= high]
    axes.set_yticks(ticks, [label_of(tick) for tick in ticks])


def draw_rows(axes: Any, report: ScaleReport) -> None:
    for name, style in STYLES.items():
        for library, colour in COLOURS.items():
            names = {size: f"{library} {words(size)}" for size in SIZES}
            values = medians(report.case(f"rows-{name}"), names)
            draw(axes, values, f"{library}, {name}", color=colour, linestyle=style, marker="o")
    time_scale(axes)
    finish(axes, "Time per call, by users and tokens", SIZES)


def draw_counts(axes: Any, report: ScaleReport, case: str, word: str, title: str) -> None:
    counts = {"threads": THREADS, "keys": KEYS}[case]
    for algorithm in ALGORITHMS:
        names = {count: f"pyjwtfast {plural(count, word)}" for count in counts}
        values = medians(report.case(f"{case}-{algorithm.lower()}"), names)
        draw(axes, values, algorithm, color=OURS, marker=MARKERS[algorithm])
    time_scale(axes)
    finish(axes, title, counts)


def draw_servers(axes: Any, report: ScaleReport) -> None:
    for library, way, label, marker in (
        (http.THEIRS, http.FRESH, "simplejwt", "o"),
        (http.OURS, http.FRESH, "pyjwtfast", "o"),
        (http.OURS, http.STATELESS, "pyjwtfast, stateless", "s"),
    ):
        names = {count: f"{library} {way}, {plural(count, 'thread')}" for count in THREADS}
        values = medians(report.case("gthread"), names)
        rates = {count: 1e9 / value for count, value in values.items()}
        draw(axes, rates, label, color=COLOURS[library], marker=marker)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.3)
    finish(axes, "Requests per second, by threads", THREADS)


def growth_plot(pyplot: Any, report: ScaleReport) -> Any:
    figure, grid = pyplot.subplots(2, 2, figsize=(WIDTH, 6.4))
    draw_rows(grid[0][0], report)
    draw_servers(grid[0][1], report)
    draw_counts(grid[1][0], report, "threads", "thread", "Time per token, by threads")
    draw_counts(grid[1][1], report, "keys", "key", "Time per token, by keys of a verifier")
    env = report.environment
    note(
        figure,
        f"Medians of {report.rounds} interleaved rounds, logarithmic scales but for requests. "
        f"{env.python}, {env.cpu}, {env.cpus} CPUs.",
        room=(0, 0.03, 1, 1),
    )
    return figure


PLOTS: dict[str, Callable[[Any, ScaleReport], Any]] = {"growth": growth_plot}
