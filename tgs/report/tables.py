"""The table of the article, from summaries: Seen, Unseen, Mix, Null S. Percent, except S."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

COLUMNS = ("benchmark", "prompt", "Seen J", "Seen F", "Seen J&F", "Unseen J&F", "Mix J&F", "Null S", "bad", "scored")

WHO = {
    "fine": "T_f (fine)",
    "simple": "T_s (simple)",
    "raw": "R (raw reference)",
    "category": "true category",
    "box": "true box",
}


def main_table(summaries: Sequence[Mapping[str, Any]], title: str = "") -> Table:
    """One row per evaluation.

    Args:
        summaries: as `EvalFolder.summary` gives them.
        title: printed above.
    """
    table = Table(title=title or None, caption=_footnote(summaries), caption_justify="left")
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in COLUMNS[:2] else "right", no_wrap=True)
    for summary in summaries:
        table.add_row(*cells(summary))
    return table


def cells(summary: Mapping[str, Any]) -> list[str]:
    """One row's texts."""
    numbers, origin = summary["numbers"], summary["origin"]
    seen, unseen, mix = numbers["seen"], numbers["unseen"], numbers["mix"]
    pairs = [seen["J"], seen["F"], seen["JF"], unseen["JF"], mix["JF"]]
    null_s = "-" if numbers["null_s"] is None else f"{numbers['null_s']:.3f}"
    scored = f"{numbers['scored']}" + (f" of {numbers['expected']}" if numbers["partial"] else "")
    policy = WHO.get(origin["policy"], str(origin["policy"]))
    bad = f"{summary['bad_thoughts']}"
    return [origin["benchmark"], policy, *(_percent(pair) for pair in pairs), null_s, bad, scored]


def markdown_table(summaries: Sequence[Mapping[str, Any]]) -> str:
    """The same rows as Markdown, for experiments/."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "|".join(["---", "---", *["---:"] * (len(COLUMNS) - 2)]) + "|"]
    lines += ["| " + " | ".join(cells(summary)) + " |" for summary in summaries]
    return "\n".join([*lines, "", _footnote(summaries)])


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{100 * fraction:.1f}"


def _footnote(summaries: Sequence[Mapping[str, Any]]) -> str:
    """What the numbers are of; rows that differ in it are told apart."""
    origins = {
        f"protocol {s['numbers']['protocol']}, scale {s['origin']['scale']}, box > {s['origin']['thresholds']['box']:g}"
        for s in summaries
    }
    partial = " PARTIAL rows are no headline." if any(s["numbers"]["partial"] for s in summaries) else ""
    made = (
        " stickers is a synthetic benchmark." if any("stickers" in s["origin"]["benchmark"] for s in summaries) else ""
    )
    return f"{'; '.join(sorted(origins))}. bad: thoughts that could not be parsed.{partial}{made}"
