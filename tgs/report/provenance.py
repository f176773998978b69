"""Where a table comes from: the code's commit, and the versions of all that it was made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tgs.commit import commit
from tgs.report.results import Evaluation


@dataclass(frozen=True)
class Made:
    """How a table came about.

    Attributes:
        command: the command line.
        date: ISO 8601.
        commit: of the code; None outside of a git checkout.
        seconds: from the first job to the last; None where the table was rebuilt from records.
    """

    command: str
    date: str
    commit: str | None
    seconds: float | None

    @classmethod
    def now(cls, command: str, seconds: float | None = None) -> Made:
        """Made today, by this code."""
        return cls(command, datetime.now(UTC).date().isoformat(), commit(), seconds)

    def sentence(self) -> str:
        """For a page."""
        code = f"commit {self.commit}" if self.commit else "not from a git checkout"
        took = "rebuilt from records" if self.seconds is None else duration(self.seconds)
        return f"`{self.command}` ({self.date}, {code}, {took})."


def duration(seconds: float) -> str:
    """`9 min 14 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def versions(evaluations: Sequence[Evaluation]) -> list[str]:
    """One sentence a thing that numbers depend on, every version named once."""
    origins = [evaluation.origin for evaluation in evaluations]
    benchmarks = {
        f"{o['benchmark']}{_after(' ', o.get('benchmark_version'))} (csv {o['benchmark_digest']})" for o in origins
    }
    things = {
        "Benchmarks": benchmarks,
        "Protocol": {evaluation.protocol.label for evaluation in evaluations},
        "Scale": {o["scale"] for o in origins if "scale" in o},
        "Shipped weights": {o["zoo"] for o in origins if "zoo" in o},
        "Phase 2": {o["checkpoint"] for o in origins if o.get("checkpoint")},
        "Given masks": {f"{o['predictions']} ({o['predictions_digest']})" for o in origins if "predictions" in o},
        "tgs": {o["tgs"] for o in origins},
    }
    return [f"{name}: {', '.join(sorted(found))}." for name, found in things.items() if found]


def _after(blank: str, text: str | None) -> str:
    return "" if text is None else f"{blank}{text}"
