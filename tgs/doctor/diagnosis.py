"""All findings together: as tables for a person, as json for a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tgs import __version__
from tgs.atomic import write_json
from tgs.config.doctor import Part
from tgs.doctor.finding import Chart, Finding, Severity

WIDTH = 160
"""Characters of a printed table: a log has no width of its own."""

COLOUR = {Severity.error: "red", Severity.warning: "yellow", Severity.note: "dim"}


@dataclass(frozen=True)
class Diagnosis:
    """What was looked at, and what was found."""

    benchmark: str
    charts: Mapping[Part, Chart]

    @property
    def findings(self) -> list[Finding]:
        """Those of all parts."""
        return [finding for chart in self.charts.values() for finding in chart.findings]

    def count(self, severity: Severity) -> int:
        """How many findings are so bad."""
        return sum(finding.kind.severity is severity for finding in self.findings)

    def verdict(self) -> str:
        """The counts in words."""
        return ", ".join(f"{count} {name}{'s' * (count != 1)}" for name in Severity for count in [self.count(name)])

    def write(self, path: Path) -> None:
        """Everything as json."""
        write_json(path, {
            "benchmark": self.benchmark,
            "checked": list(self.charts),
            "counts": {severity: self.count(severity) for severity in Severity},
            "facts": {part: chart.facts for part, chart in self.charts.items()},
            "findings": [finding.as_json() for finding in self.findings],
            "tgs": __version__,
        })  # fmt: skip

    def show(self) -> None:
        """Print counts of the csv, facts, findings with the worst first, and the verdict."""
        console = Console(width=WIDTH)
        facts = _table("", "", "")
        for part, chart in self.charts.items():
            for name, fact in chart.facts.items():
                if isinstance(fact, Mapping):
                    console.print(_counts(name, fact))
                else:
                    facts.add_row(part, escape(name), escape(str(fact)))
        console.print(facts)
        if self.findings:
            console.print(self._findings())
        console.print(f"{self.benchmark}: {self.verdict()}", highlight=False)

    def _findings(self) -> Table:
        """A row a kind; of environment and weights, where none is like the other, a row a finding."""
        groups: dict[object, list[Finding]] = {}
        for part, chart in self.charts.items():
            for finding in chart.findings:
                groups.setdefault(finding.kind if part in (Part.csv, Part.clips) else finding, []).append(finding)
        table = _table("", "finding", "", "means", "the first", "what to do")
        worst = list(Severity)
        for group in sorted(groups.values(), key=lambda group: worst.index(group[0].kind.severity)):
            kind, where, what = group[0].kind, group[0].where, group[0].what
            first = what if where in what else f"{where}: {what}"
            word = f"[{COLOUR[kind.severity]}]{kind.severity}[/]"
            table.add_row(word, kind.name, str(len(group)), kind.value.means, escape(first), kind.value.cure)
        for column, share in ((3, 3), (4, 5), (5, 3)):
            table.columns[column].ratio = share
        table.expand = True
        return table


def _counts(name: str, counts: Mapping[str, Mapping[str, int]]) -> Table:
    """A row a key."""
    table = _table(name, *next(iter(counts.values())))
    for key, numbers in counts.items():
        table.add_row(key, *(str(number) for number in numbers.values()))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
