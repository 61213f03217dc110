"""The pictures of a run, as SVG and PNG.

They show minima, which a busy machine changes least.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .materials import ALL
from .report import Report, algorithm_case, duration
from .timing import CaseResult
from .workloads import SIZES

WIDTH, DPI = 8.0, 200  # inches; the PNG is 1600 pixels wide, twice what a README shows
BARS = 6  # room in each panel
OURS, OTHERS = "#0b6e4f", "#a9b4b0"
LINES = {"PyJWT": "#8d6e63", "oxyjwt": "#7e8aa2", "ryjwt": "#d1603d", "pyjwtfast": OURS}
# Colour, marker and its size. A bar stands where OpenSSL's time is the least there can be.
DOTS = {
    "PyJWT": (LINES["PyJWT"], "o", 5.0),
    "oxyjwt": (LINES["oxyjwt"], "o", 5.0),
    "ryjwt": (LINES["ryjwt"], "o", 5.0),
    "OpenSSL": ("#222222", "|", 11.0),
    "pyjwtfast": (OURS, "o", 6.0),
}

# Case, title, and the contestants with the names they are shown by.
SPEED_PANELS = (
    (
        "decode",
        "Verify a token",
        {
            "simplejwt TokenBackend.decode()": "simplejwt",
            "PyJWT decode()": "PyJWT",
            "oxyjwt decode(), prepared key": "oxyjwt",
            "ryjwt SecretKey.decode()": "ryjwt",
            "pyjwtfast decode()": "pyjwtfast decode()",
            "pyjwtfast Verifier.verify()": "pyjwtfast Verifier",
        },
    ),
    (
        "encode",
        "Sign a token",
        {
            "simplejwt TokenBackend.encode()": "simplejwt",
            "PyJWT encode()": "PyJWT",
            "oxyjwt encode(), prepared key": "oxyjwt",
            "ryjwt SecretKey.encode()": "ryjwt",
            "pyjwtfast encode()": "pyjwtfast encode()",
            "pyjwtfast Signer.sign()": "pyjwtfast Signer",
        },
    ),
    (
        "rotating-flat",
        "Verify 512 tokens in turn",
        {
            "simplejwt TokenBackend.decode()": "simplejwt",
            "PyJWT decode()": "PyJWT",
            "oxyjwt decode(), prepared key": "oxyjwt",
            "ryjwt SecretKey.decode()": "ryjwt",
            "pyjwtfast Verifier.verify()": "pyjwtfast Verifier",
            "pyjwtfast Verifier.verify(), cached": "pyjwtfast, cached",
        },
    ),
    (
        "drf-uncached",
        "Authenticate a request in DRF",
        {
            "simplejwt JWTStatelessUserAuthentication": "simplejwt",
            "pyjwtfast.drf JWTStatelessUserAuthentication": "pyjwtfast, no cache",
        },
    ),
)
# Shown below the bars of drf-uncached.
DRF_CACHED = (
    "drf-rotating",
    "pyjwtfast.drf JWTStatelessUserAuthentication",
    "pyjwtfast, cached",
)


def bars(report: Report, name: str, shown: dict[str, str]) -> dict[str, float]:
    """Label to nanoseconds at best, of those that were measured."""
    case = report.case(name)
    found = {label: case and case.of(contestant) for contestant, label in shown.items()}
    if name == "drf-uncached":
        cached_case, contestant, label = DRF_CACHED
        cached = report.case(cached_case)
        found[label] = cached and cached.of(contestant)
    return {label: figures.minimum for label, figures in found.items() if figures}


def draw_bars(axes: Any, title: str, values: dict[str, float], limits: tuple[float, float]) -> None:
    labels = list(values)
    colours = [OURS if name.startswith("pyjwtfast") else OTHERS for name in labels]
    axes.barh(labels, list(values.values()), color=colours, height=0.72)
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    axes.set_ylim(BARS - 0.5, -0.5)  # from the top, with bars as high in every panel
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    for position, value in enumerate(values.values()):
        text = f" {duration(value)}"
        axes.text(value, position, text, va="center", ha="left", fontsize=9)
    ticks = [tick for tick in (1e1, 1e2, 1e3, 1e4, 1e5, 1e6) if limits[0] <= tick <= limits[1]]
    axes.set_xticks(ticks, [label_of(tick) for tick in ticks])
    axes.minorticks_off()
    tidy(axes, "x")


def label_of(tick: float) -> str:
    """A round duration without digits after the point."""
    return duration(tick).replace(".00", "").replace(".0", "")


def tidy(axes: Any, grid: str) -> None:
    axes.tick_params(labelsize=9, length=0)
    axes.grid(axis=grid, color="#e4e7e6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def speed_plot(pyplot: Any, report: Report) -> Any:
    """Bars on a logarithmic scale, one panel for each thing that is done."""
    panels = [(title, bars(report, name, shown)) for name, title, shown in SPEED_PANELS]
    panels = [(title, values) for title, values in panels if values]
    everything = [value for _, values in panels for value in values.values()]
    limits = (min(everything) / 3, max(everything) * 6)  # room for the numbers
    rows = (len(panels) + 1) // 2
    figure, grid = pyplot.subplots(rows, 2, figsize=(WIDTH, 2.35 * rows), squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes, (title, values) in zip(grid.flat, panels, strict=False):
        draw_bars(axes, title, values, limits)
    env = report.environment
    note(
        figure,
        f"Time per call, best of {report.rounds} rounds, logarithmic scale; shorter is better. "
        f"HS256, 231 characters; "
        f"{env.python}, {env.cpu}.",
        room=(0, 0.03, 1, 1),
        at=0.005,
    )
    return figure


def note(figure: Any, text: str, room: tuple[float, float, float, float], at: float = 0.01) -> None:
    """A small line below a picture. at: its height. room: what the rest has (x0, y0, x1, y1).

    Both are parts of the whole.
    """
    figure.text(0.01, at, text, fontsize=8, color="#555555")
    figure.tight_layout(rect=room)


def size_plot(pyplot: Any, report: Report) -> Any:
    """Lines over payload sizes, both axes logarithmic; the fastest way of each library."""
    figure, grid = pyplot.subplots(1, 2, figsize=(WIDTH, 3.6), sharey=True)
    for axes, verb, title in zip(grid, ("verify", "sign"), ("Verify", "Sign"), strict=True):
        cases = {
            size: report.case(f"{verb}-list-{label.replace(' ', '')}")
            for label, size in SIZES.items()
        }
        for library, colour in LINES.items():
            points = {size: fastest(case, library) for size, case in cases.items()}
            measured = {size: value for size, value in points.items() if value}
            width = 2.4 if library == "pyjwtfast" else 1.6
            axes.plot(
                list(measured),
                list(measured.values()),
                color=colour,
                linewidth=width,
                marker="o",
                markersize=4,
                label=library,
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(list(SIZES.values()), list(SIZES))
        ticks = [1e2, 1e3, 1e4, 1e5, 1e6]
        axes.set_yticks(ticks, [label_of(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set_title(
            f"{title}, by size of the payload", loc="left", fontsize=10, fontweight="bold"
        )
        tidy(axes, "both")
    grid[0].legend(frameon=False, fontsize=9, loc="upper left")
    env = report.environment
    note(
        figure,
        f"Time per call, best of {report.rounds} rounds, logarithmic scales. HS256, a list of "
        f"strings in the claims; "
        f"{env.python}, {env.cpu}.",
        room=(0, 0.04, 1, 1),
    )
    return figure


def algorithm_plot(pyplot: Any, report: Report) -> Any:
    """A dot for each library on the line of each algorithm, on a logarithmic scale."""
    figure, grid = pyplot.subplots(1, 2, figsize=(WIDTH, 4.8), sharey=True)
    seen = report.case("cached-algorithms")
    for axes, verb, title in zip(grid, ("verify", "sign"), ("Verify", "Sign"), strict=True):
        cases = {name: algorithm_case(report, verb, name) for name in ALL}
        for library, (colour, marker, size) in DOTS.items():
            points = {name: fastest(case, library) for name, case in cases.items()}
            draw_dots(axes, library, points, colour, marker, size)
        if verb == "verify":
            own = {name: seen and seen.of(f"pyjwtfast {name}") for name in ALL}
            points = {name: figures.minimum for name, figures in own.items() if figures}
            draw_dots(axes, "pyjwtfast, seen before", points, OURS, "D", 5)
        axes.set_xscale("log")
        ticks = [1e2, 1e3, 1e4, 1e5, 1e6]
        axes.set_xticks(ticks, [label_of(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set_yticks(range(len(ALL)), ALL)
        axes.set_ylim(len(ALL) - 0.5, -0.5)  # from the top
        axes.set_title(f"{title} a token", loc="left", fontsize=10, fontweight="bold")
        tidy(axes, "both")
    env = report.environment
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=9, loc="upper center", ncols=6)
    note(
        figure,
        f"Time per call with the key prepared, best of {report.rounds} rounds, logarithmic scale; "
        f"left is better.\n{env.openssl}, alone in a loop in C; {env.python}, {env.cpu}.",
        room=(0, 0.06, 1, 0.95),
    )
    return figure


def draw_dots(
    axes: Any,
    label: str,
    points: Mapping[str, float | None],
    colour: str,
    marker: str,
    size: float,
) -> None:
    """label: in the legend."""
    measured = {ALL.index(name): value for name, value in points.items() if value}
    axes.plot(
        list(measured.values()),
        list(measured),
        linestyle="none",
        color=colour,
        marker=marker,
        markersize=size,
        markeredgewidth=1.6,
        label=label,
    )


def fastest(case: CaseResult | None, library: str) -> float | None:
    """The least time of a library's contestants."""
    found = [one.minimum for one in case.figures if one.library == library] if case else []
    return min(found, default=None)


PLOTS: dict[str, Callable[[Any, Report], Any]] = {
    "speed": speed_plot,
    "sizes": size_plot,
    "algorithms": algorithm_plot,
}


def draw(
    report: Any, directory: Path, stem: str, plots: Mapping[str, Callable[[Any, Any], Any]] = PLOTS
) -> list[Path]:
    """Writes <stem>-<name>, .svg and .png, for each of plots, and returns the PNG files.

    A plot is a function of pyplot and the report that makes a figure. Raises ImportError without
    matplotlib.
    """
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = stem  # the same figures give the same file
    pyplot = importlib.import_module("matplotlib.pyplot")
    written = []
    for name, plot in plots.items():
        figure = plot(pyplot, report)
        for suffix in ("svg", "png"):
            path = directory / f"{stem}-{name}.{suffix}"
            metadata = {"Date": None} if suffix == "svg" else None
            figure.savefig(path, dpi=DPI, metadata=metadata)
        pyplot.close(figure)
        written.append(path)
    return written
