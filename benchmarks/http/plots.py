"""The pictures of a run: requests per second, and where the time of one request goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.plots import OTHERS, OURS, note, tidy
from benchmarks.timing import CaseResult

from . import cases
from .report import HttpReport, parts_of, per_second

WIDTH = 8.0
LIMIT = "#d9dfdc"
PARTS = ("#c9d1ce", "#94a39d", "#d1603d", "#0b6e4f")
LABELS = {
    f"{cases.DRF} {cases.UNAUTHENTICATED}": "no authentication",
    f"{cases.DRF} {cases.CONSTANT}": "a constant user",
    f"{cases.THEIRS} {cases.FRESH}": "simplejwt",
    f"{cases.THEIRS} {cases.STATELESS}": "simplejwt, stateless",
    f"{cases.OURS} {cases.FRESH}": "pyjwtfast",
    f"{cases.OURS} {cases.CACHED}": "pyjwtfast, user cached",
    f"{cases.OURS} {cases.LAZY}": "pyjwtfast, lazy",
    f"{cases.OURS} {cases.STATELESS}": "pyjwtfast, stateless",
}


def colour_of(label: str) -> str:
    return OURS if label.startswith("pyjwtfast") else OTHERS if "simplejwt" in label else LIMIT


def heading(axes: Any, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=10, fontweight="bold")


def draw_rates(axes: Any, result: CaseResult) -> None:
    found = {label: result.of(name) for name, label in LABELS.items()}
    values = {label: per_second(one.median) for label, one in found.items() if one}
    axes.barh(list(values), list(values.values()), color=list(map(colour_of, values)), height=0.72)
    for position, value in enumerate(values.values()):
        axes.text(value, position, f" {value:,.0f}", va="center", fontsize=9)
    axes.set_xlim(0, max(values.values()) * 1.18)
    axes.invert_yaxis()
    axes.set_xticks([])
    heading(axes, "Requests per second")
    tidy(axes, "x")


def draw_parts(axes: Any, result: CaseResult) -> None:
    """Stacked; a difference that noise has made negative is left out."""
    found = parts_of(result)
    labels = [LABELS[one.name] for one in found]
    left = [0.0] * len(found)
    for number, part in enumerate(found[0].shares if found else ()):
        values = [max(0.0, one.shares[part]) / 1000 for one in found]
        axes.barh(labels, values, left=left, color=PARTS[number], height=0.72, label=part)
        left = [start + value for start, value in zip(left, values, strict=True)]
    for position, total in enumerate(left):
        axes.text(total, position, f" {total:,.0f}", va="center", fontsize=9)
    axes.set_xlim(0, max(left, default=1) * 1.12)
    axes.invert_yaxis()
    axes.set_xticks([])
    heading(axes, "Microseconds of one request")
    axes.legend(
        frameon=False, fontsize=8, ncols=4, loc="upper center", bbox_to_anchor=(0.42, -0.02)
    )
    tidy(axes, "x")


def requests_plot(pyplot: Any, report: HttpReport) -> Any:
    result = report.case("requests")
    assert result is not None
    figure, (upper, lower) = pyplot.subplots(2, 1, figsize=(WIDTH, 5.6))
    draw_rates(upper, result)
    draw_parts(lower, result)
    env = report.environment
    note(
        figure,
        f"One synchronous Gunicorn worker, PostgreSQL, wrk -c4; medians of {report.rounds} "
        f"interleaved rounds. {env.python}, {env.cpu}.",
        room=(0, 0.03, 1, 1),
    )
    return figure


def connections_plot(pyplot: Any, report: HttpReport) -> Any:
    """Bars of each class, by how its connection is had."""
    result = report.case("connections")
    assert result is not None
    figure, axes = pyplot.subplots(figsize=(WIDTH, 0.34 * len(result.figures) + 0.7))
    labels = [
        one.name.replace(f" {cases.FRESH}", "").replace("USER_CACHE_TTL", "user cached")
        for one in result.figures
    ]
    values = [per_second(one.median) for one in result.figures]
    axes.barh(labels, values, color=list(map(colour_of, labels)), height=0.72)
    for position, value in enumerate(values):
        axes.text(value, position, f" {value:,.0f}", va="center", fontsize=9)
    axes.set_xlim(0, max(values) * 1.12)
    axes.invert_yaxis()
    axes.set_xticks([])
    heading(axes, "Requests per second, by connection")
    tidy(axes, "x")
    figure.tight_layout()
    return figure


PLOTS: dict[str, Callable[[Any, HttpReport], Any]] = {
    "requests": requests_plot,
    "connections": connections_plot,
}
