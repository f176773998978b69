"""The zoo's tables: what was checked, what the stages of `make zoo` cost and scored, what is shipped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from tgs.lit.run_folder import RunFolder
from tgs.zoo import manifest
from tgs.zoo.install import minutes as spent
from tgs.zoo.parts import PARTS, STAGES
from tgs.zoo.verify import Check

MARKS = {True: "[green]ok[/]", False: "[red]off[/]", None: "-"}


def checks_table(checks: Sequence[Check]) -> Table:
    """A row a check."""
    return _table(("part", "check", "", ""), [(c.part, c.what, MARKS[c.ok], c.told) for c in checks])


def stages_table(runs: Path) -> Table:
    """A row a stage of `make zoo`, finished or not."""
    rows = []
    for stage in STAGES:
        run = RunFolder(runs / "train" / stage)
        if run.done:
            rows.append((stage, *_facts(run.summary())))
        else:
            state = "begun" if (run.path / "run.json").is_file() else "not begun"
            rows.append((stage, state, *[""] * 5))
    return _table(("stage", "score", "reached", "gate", "steps", "min", "CPU min"), rows)


def parts_markdown(zoo: Path) -> str:
    """The README's table of what is shipped.

    Raises:
        WeightsError: there is no manifest.
    """
    entries = manifest.read(zoo)
    lines = ["| part | experiment | score | reached | gate | steps | CPU min | MB |"]
    lines.append("|---|---|---|---:|---|---:|---:|---:|")
    for part in PARTS:
        if part in entries:
            entry = entries[part]
            gate, minutes = entry["gate"], entry["minutes"]
            cells = [part, entry["experiment"]]
            cells += [gate["score"], f"{gate['reached']:.3f}", gate["wanted"]] if gate else ["", "", "none"]
            cells += [_or_unknown(entry["steps"]), _or_unknown(minutes and f"{minutes['cpu']:.0f}")]
            cells.append(f"{sum(file['bytes'] for file in entry['files'].values()) / 1e6:.1f}")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _facts(summary: dict[str, Any]) -> tuple[str, ...]:
    gate = summary.get("gate")
    judged = ("-",) * 3
    if gate:
        wanted = gate["wanted"].replace("at least", ">=").replace("at most", "<=")
        judged = (gate["score"].removeprefix("val/"), f"{gate['reached']:.3f}", f"{wanted} {MARKS[gate['passed']]}")
    minutes = spent(summary) or {}
    return (*judged, *(_or_unknown(value) for value in (summary.get("steps"), minutes.get("wall"), minutes.get("cpu"))))


def _or_unknown(value: object) -> str:
    return "?" if value is None else str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for column, name in enumerate(head):
        table.add_column(name, overflow="fold", no_wrap=column < len(head) - 1)
    for row in rows:
        table.add_row(*row)
    return table
