"""Finished evaluations read back from their folders: the rows of a table, with all that intervals need. No model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tgs.config.eval import NO_QUIRK
from tgs.digest import digest_value
from tgs.errors import ConfigError, DataError
from tgs.metrics.base import Protocol
from tgs.metrics.bootstrap import Resampled, mean, resample, share
from tgs.metrics.protocols import protocol
from tgs.metrics.score import Score
from tgs.report.named import names_it
from tgs.report.records import EvalFolder
from tgs.types import Measure

Numbers = Mapping[Measure, Resampled]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One finished evaluation.

    Attributes:
        summary: as `EvalFolder.summary` gives it.
        scores: of all its references, in csv order.
        records: of the same.
        protocol: the one that made them.
    """

    summary: Mapping[str, Any]
    scores: Sequence[Score] = field(repr=False)
    records: Sequence[Mapping[str, Any]] = field(repr=False)
    protocol: Protocol

    @property
    def origin(self) -> Mapping[str, Any]:
        """Everything that the numbers depend on. The first records do not say that they have no quirk."""
        return {"quirk": NO_QUIRK, **self.summary["origin"]}

    def numbers(self, kinds: Collection[str] = ()) -> Numbers:
        """Its numbers with their resamples, of some kinds of reference or, where none is named, of all."""
        if kinds:
            return self.at([index for index, score in enumerate(self.scores) if score.kind in kinds]).numbers()
        found = resample(self.protocol, self.scores)
        told = zip(self.scores, self.records, strict=True)
        if thought := [(score.folder, names_it(record)) for score, record in told if record["thought"] is not None]:
            found[Measure.named] = share(*zip(*thought, strict=True))
        return found

    def at(self, positions: Sequence[int]) -> Evaluation:
        """Some of its references, in this order; the summary stays that of all."""
        scores, records = ([values[index] for index in positions] for values in (self.scores, self.records))
        return replace(self, scores=scores, records=records)


@dataclass(frozen=True, eq=False)
class Row:
    """One line of a table: evaluations that differ in nothing but the seed that their checkpoint was trained with.

    Attributes:
        evaluations: at least one.
        each: the numbers of every evaluation.
    """

    evaluations: Sequence[Evaluation]
    each: Sequence[Numbers] = field(repr=False)

    @property
    def origin(self) -> Mapping[str, Any]:
        """What its evaluations have in common; the checkpoint is that of the first."""
        return self.evaluations[0].origin

    @property
    def partial(self) -> bool:
        """Whether references are missing."""
        return any(evaluation.summary["numbers"]["partial"] for evaluation in self.evaluations)

    def number(self, measure: Measure, kinds: Collection[str] = ()) -> Resampled | None:
        """Mean over the evaluations; None where nothing was scored for it."""
        each = [evaluation.numbers(kinds) for evaluation in self.evaluations] if kinds else self.each
        return mean([numbers[measure] for numbers in each]) if all(measure in numbers for numbers in each) else None

    def spread(self, measure: Measure) -> tuple[float, float] | None:
        """Lowest and highest value of its evaluations; None as in `number`."""
        values = [numbers[measure].value for numbers in self.each if measure in numbers]
        return (min(values), max(values)) if len(values) == len(self.each) else None

    def setting(self, name: str) -> Any:
        """A setting by the command line's name, as `prompt` or `thresholds.box`.

        Raises:
            ConfigError: the records do not hold it.
        """
        value: Any = self.origin
        for part in (POLICY if name == "prompt" else name).split("."):
            if not isinstance(value, Mapping) or part not in value:
                known = ", ".join(["prompt", *sorted(self.origin)])
                raise ConfigError(f"records hold no setting {name!r}. Name one of: {known} (a.b for b within a).")
            value = value[part]
        return value


POLICY = "policy"
"""What records call the choice of `prompt`."""


def read(path: Path) -> Evaluation:
    """Read one finished evaluation.

    Raises:
        DataError: it has not finished, a record is missing or damaged, or it was scored by another version.
    """
    folder = EvalFolder(path)
    summary = folder.summary()
    rule = protocol(summary["origin"]["protocol"])
    if summary["numbers"]["protocol"] != rule.label:
        raise DataError(
            f"{path} was scored by {summary['numbers']['protocol']}, this is {rule.label}: evaluate again with "
            f"overwrite=true."
        )
    records = folder.references()
    totals = {}
    for clip in dict.fromkeys(record["folder"] for record in records):
        totals |= folder.read_clip(clip)[1]
    pooled = [record for record in records if rule.has_curve and record["J"] is not None]
    lost = [record["uid"] for record in pooled if record["row"] not in totals]
    if lost:
        raise DataError(f"{path}: the F curve of {lost[0]} is missing from clips/. Evaluate again with overwrite=true.")
    scores = [Score.from_record(record, totals.get(record["row"])) for record in records]
    return Evaluation(summary, scores, records, rule)


def read_rows(paths: Iterable[Path]) -> list[Row]:
    """Rows in the order in which their first evaluation comes; a folder that is named twice counts once.

    Raises:
        DataError: see `read`.
    """
    grouped: dict[str, list[Evaluation]] = {}
    for path in dict.fromkeys(Path(path).resolve() for path in paths):
        evaluation = read(path)
        shared = {key: value for key, value in evaluation.origin.items() if key != "checkpoint"}
        grouped.setdefault(digest_value(shared), []).append(evaluation)
    return [Row(found, [evaluation.numbers() for evaluation in found]) for found in grouped.values()]
