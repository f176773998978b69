"""Two evaluations of the same references, side by side: differences with paired intervals and paired tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tgs.errors import DataError
from tgs.metrics.bootstrap import OUTLINES, Resampled, mix_share
from tgs.metrics.paired import mcnemar_p, sign_flip_p
from tgs.metrics.score import Score
from tgs.report.attribution import is_right
from tgs.report.named import names_it
from tgs.report.results import Evaluation, read
from tgs.report.slices import everything, kinds, measure_of, slices
from tgs.report.swap import worth
from tgs.report.tables import HEADINGS, flat
from tgs.types import Measure


@dataclass(frozen=True, eq=False)
class Difference:
    """One number of both.

    Attributes:
        measure: which.
        name: of the slice.
        a, b: the two, on the same resamples.
        p: of the sign-flip test.
    """

    measure: Measure
    name: str
    a: Resampled = field(repr=False)
    b: Resampled = field(repr=False)
    p: float


@dataclass(frozen=True)
class Contest:
    """Right and wrong references of one number.

    Attributes:
        both, only_a, only_b, neither: how many references are right in which.
    """

    measure: Measure
    both: int
    only_a: int
    only_b: int
    neither: int

    @property
    def p(self) -> float:
        """Of McNemar's exact test."""
        return mcnemar_p(self.only_a, self.only_b)


@dataclass(frozen=True, eq=False)
class Pairing:
    """Two evaluations with the same references in the same order."""

    a: Evaluation = field(repr=False)
    b: Evaluation = field(repr=False)

    @classmethod
    def of(cls, path_a: Path, path_b: Path) -> Pairing:
        """Read both.

        Raises:
            DataError: one is unfinished or damaged, or they are of other benchmarks, protocols or references.
        """
        a, b = read(path_a), read(path_b)
        for key in ("benchmark_digest", "protocol"):
            if a.origin[key] != b.origin[key]:
                raise DataError(
                    f"{path_a} and {path_b} cannot be compared: {key} is {a.origin[key]} ({a.origin['benchmark']}) and "
                    f"{b.origin[key]} ({b.origin['benchmark']}). Evaluate both on one benchmark by one protocol."
                )
        keys_a, keys_b = ([score.key for score in evaluation.scores] for evaluation in (a, b))
        for path, keys, others in ((path_a, keys_a, set(keys_b)), (path_b, keys_b, set(keys_a))):
            if alone := [uid for uid, row in keys if (uid, row) not in others]:
                raise DataError(
                    f"{path_a} has {len(keys_a)} references and {path_b} {len(keys_b)}; {len(alone)} are only in "
                    f"{path}, the first is {alone[0]}. Evaluate both with the same splits, only and limit_clips."
                )
        return cls(a, b)

    def settings(self) -> dict[str, tuple[Any, Any]]:
        """By the command line's names, the settings in which the two differ; None where one has no such setting."""
        a, b = flat(self.a.origin), flat(self.b.origin)
        names = [name for name in dict.fromkeys([*a, *b]) if name != "prompt.policy"]  # that is `policy` once more
        return {name: (a.get(name), b.get(name)) for name in names if a.get(name) != b.get(name)}

    def differences(self) -> list[Difference]:
        """Every number of the tables that both have."""
        a, b = self.a.numbers(), self.b.numbers()
        both = [measure for measure in HEADINGS if measure in a and measure in b]
        return [Difference(measure, "all", a[measure], b[measure], self.p(measure)) for measure in both]

    def by_slice(self) -> Iterator[Difference]:
        """The same by kind of reference; nothing where the benchmark has no kinds."""
        for part in slices(self.a, [kinds(self.a.records)]):
            one = Pairing(self.a.at(part.positions), self.b.at(part.positions))
            a, b = one.a.numbers(), one.b.numbers()
            yield Difference(part.measure, part.name, a[part.measure], b[part.measure], one.p(part.measure))

    def contests(self) -> list[Contest]:
        """Who is right about how many references, number by number."""
        found = []
        for part in slices(self.a, [everything(self.a.records)]):
            a, b = (np.array([is_right(e.records[i]) for i in part.positions]) for e in (self.a, self.b))
            counts = ((a & b).sum(), (a & ~b).sum(), (~a & b).sum(), (~a & ~b).sum())
            found.append(Contest(part.measure, *map(int, counts)))
        return found

    def p(self, measure: Measure) -> float:
        """Sign-flip test of the references' own values: J&F, S, Fb, or whether the thought names the right object.

        Their mean is the tables' number where the protocol takes means over references; where it pools them in
        another way, the test is still of the mean.
        """
        return sign_flip_p(*self._terms(measure))

    def _terms(self, measure: Measure) -> tuple[NDArray[np.float64], list[str]]:
        """What each reference adds to the difference of means, and its clip."""
        if measure is Measure.mix:
            share = mix_share(self.a.protocol, self.a.scores)
            (seen_K, seen_clips), (unseen_K, unseen_clips) = map(self._terms, (Measure.seen, Measure.unseen))
            return np.concatenate([share * seen_K, (1 - share) * unseen_K]), [*seen_clips, *unseen_clips]
        values_a, values_b = (own(evaluation, measure) for evaluation in (self.a, self.b))
        rows = zip(self.a.scores, values_a, values_b, strict=True)
        pairs = [(score.folder, b - a) for score, a, b in rows if a is not None and b is not None]
        clips, difference_K = zip(*pairs, strict=True)
        return np.array(difference_K) / len(pairs), list(clips)


def own(evaluation: Evaluation, measure: Measure) -> Sequence[float | None]:
    """Each reference's own value of a number of the tables; None where it does not count in it."""
    return [_own(*pair, measure) for pair in zip(evaluation.scores, evaluation.records, strict=True)]


def _own(score: Score, record: Mapping[str, Any], measure: Measure) -> float | None:
    if measure is Measure.named:
        return None if record["thought"] is None else float(names_it(record))
    if measure in OUTLINES.values():
        return score.Fb if OUTLINES.get(score.split) is measure else None
    if measure_of(score) is not measure:
        return None
    return score.S if measure.is_s else worth(score)
