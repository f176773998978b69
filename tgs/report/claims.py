"""The article's claims, held against our rows with the paired bootstrap; see `tgs.config.table.ClaimConfig`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tgs.config.table import ClaimConfig
from tgs.errors import ConfigError, DataError
from tgs.metrics.bootstrap import LEVEL, Interval, Resampled, highest, lowest
from tgs.report.grid import Grid
from tgs.report.results import Row
from tgs.report.tables import bracket, told


class Answer(StrEnum):
    """What our rows say to a claim."""

    holds = "holds"  # the whole interval of the difference lies above the bound
    fails = "does not hold"  # none of it does
    open = "cannot be told"
    missing = "not evaluated"  # the rows it speaks of are not there


@dataclass(frozen=True)
class Verdict:
    """One claim with its answer.

    Attributes:
        difference, interval: None where nothing could be compared.
        reason: why not; else "".
        partial: whether references are missing, so that the answer may still change.
    """

    claim: ClaimConfig
    answer: Answer
    difference: float | None = None
    interval: Interval | None = None
    reason: str = ""
    partial: bool = False


def judge(claim: ClaimConfig, rows: Sequence[Row]) -> Verdict:
    """Hold one claim against the rows of a table.

    The difference is the lowest number of `larger` minus the highest of `smaller`, taken anew on every resample, so
    that `smaller: {}` asks whether one row beats the best of all others.
    """
    try:
        above = _side(claim, claim.larger, rows)
        below = _side(claim, claim.smaller, rows, but=claim.larger)
        difference = lowest(above) - highest(below)
    except (ConfigError, DataError) as error:
        return Verdict(claim, Answer.missing, reason=str(error))
    interval = difference.interval
    bound = claim.by / claim_unit(claim)
    answer = Answer.holds if interval.low > bound else Answer.fails if interval.high <= bound else Answer.open
    return Verdict(claim, answer, difference.value, interval, partial=any(row.partial for row in rows))


def claim_unit(claim: ClaimConfig) -> float:
    """What a claim's numbers are divided by to give fractions: they are points of J&F, or S."""
    return 1.0 if claim.metric.is_s else 100.0


def _side(
    claim: ClaimConfig, chosen: Mapping[str, Any], rows: Sequence[Row], but: Mapping[str, Any] | None = None
) -> list[Resampled]:
    """The numbers of one side; with `drop_from`, how far its one row falls from there to `drop_to`.

    Raises:
        ConfigError: no row fits, or a drop is between more than two rows.
        DataError: a drop is between rows of different clips.
    """
    if not (claim.drop_from or claim.drop_to):
        return _numbers(claim, chosen, rows, but)
    ends = [_numbers(claim, {**chosen, **end}, rows) for end in (claim.drop_from, claim.drop_to)]
    if any(len(end) > 1 for end in ends):
        raise ConfigError(f"a drop of {_words(chosen)} is between more than two rows. Name one row at either end.")
    return [ends[0][0] - ends[1][0]]


def _numbers(
    claim: ClaimConfig, chosen: Mapping[str, Any], rows: Sequence[Row], but: Mapping[str, Any] | None = None
) -> list[Resampled]:
    """The claim's number of every row that fits, leaving out the rows that fit `but`."""
    fitting = [row for row in rows if fits(row, chosen) and (but is None or not fits(row, but))]
    numbers = [row.number(claim.metric, claim.kinds) for row in fitting]
    found = [number for number in numbers if number is not None]
    if not found or len(found) < len(numbers):
        kinds = f" of kind {', '.join(claim.kinds)}" if claim.kinds else ""
        raise ConfigError(f"no {claim.metric.value}{kinds} of a row with {_words(chosen)}")
    return found


def fits(row: Row, chosen: Mapping[str, Any]) -> bool:
    """Whether a row has every chosen setting; a list of values means any of them.

    Raises:
        ConfigError: records do not hold a setting.
    """
    wanted = {name: value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
              for name, value in chosen.items()}  # fmt: skip
    return all(row.setting(name) in values for name, values in wanted.items())


def _words(chosen: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in chosen.items()) or "any setting"


def claims_grid(verdicts: Sequence[Verdict]) -> Grid:
    """One line per claim: whether it holds here, by how much in the article, and by how much here."""
    lines = [[verdict.claim.text, _answer(verdict), _published(verdict.claim), _ours(verdict)] for verdict in verdicts]
    notes = [
        f"Differences are in points of J&F or in S; ours are paired over the same clips, with {LEVEL:.0%} intervals. "
        "A claim holds where the whole interval lies above the bound, and does not hold where none of it does. "
        "Intervals are not widened for the number of claims."
    ]
    columns = ["claim", "here", "published", "ours"]
    return Grid(columns, lines, "Claims of the article", notes, words=2).without_empty()


def _published(claim: ClaimConfig) -> str:
    return "-" if claim.published is None else told(claim.published / claim_unit(claim), claim.metric)


def _ours(verdict: Verdict) -> str:
    if verdict.difference is None or verdict.interval is None:
        return "-"
    metric = verdict.claim.metric
    return f"{told(verdict.difference, metric)} {bracket(verdict.interval, metric)}"


def _answer(verdict: Verdict) -> str:
    """The answer with its bound; PARTIAL where it is none yet."""
    bound = f" (more than {verdict.claim.by:g})" if verdict.claim.by else ""
    partial = " PARTIAL" if verdict.partial else ""
    return f"{verdict.answer}{bound}{partial}{f': {verdict.reason}' if verdict.reason else ''}"
