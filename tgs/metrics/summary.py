"""From scores to the numbers of a table: seen, unseen, mix, null, and of how many references."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tgs.errors import ConfigError, DataError
from tgs.metrics.score import Score
from tgs.types import Reference, Split


@dataclass(frozen=True)
class Pair:
    """Overlap and F-beta of a set of references, fractions; Fb where the protocol looks at outlines."""

    J: float
    F: float
    Fb: float | None = None

    @property
    def JF(self) -> float:  # noqa: N802 - the tables' own name
        """(J + F) / 2. Source: both released evaluations and the article."""
        return (self.J + self.F) / 2


@dataclass(frozen=True)
class SplitSummary:
    """One split's numbers.

    Attributes:
        pair: J and F over its references with an object; None if none was scored.
        S: over its references that fit nobody; None if none was scored.
        scored, expected: references with a score, and references of the split.
        mix_weight: how much it counts in Mix.
    """

    pair: Pair | None
    S: float | None
    scored: int
    expected: int
    mix_weight: float = 1.0


@dataclass(frozen=True)
class Summary:
    """What one evaluation came to.

    Attributes:
        protocol: `name@version` of the protocol that made the numbers.
        splits: by split, those that were expected.
    """

    protocol: str
    splits: Mapping[Split, SplitSummary]

    @property
    def seen(self) -> Pair | None:
        """test_s: categories that training knew."""
        return self.splits[Split.test_s].pair if Split.test_s in self.splits else None

    @property
    def unseen(self) -> Pair | None:
        """test_u: categories that training did not know."""
        return self.splits[Split.test_u].pair if Split.test_u in self.splits else None

    @property
    def mix(self) -> Pair | None:
        """Mean of seen and unseen, by the protocol's weights: as a rule plain, whatever their sizes.

        None unless both are there.
        Source: the published tables; every mix in them is the mean of its two neighbours.
        """
        if self.seen is None or self.unseen is None:
            return None
        return mixed(self.seen, self.unseen, *(self.splits[s].mix_weight for s in (Split.test_s, Split.test_u)))

    @property
    def null_s(self) -> float | None:
        """test_n: size of what was claimed where nobody fits; lower is better."""
        return self.splits[Split.test_n].S if Split.test_n in self.splits else None

    @property
    def scored(self) -> int:
        """References with a score."""
        return sum(split.scored for split in self.splits.values())

    @property
    def expected(self) -> int:
        """References that the evaluation was about."""
        return sum(split.expected for split in self.splits.values())

    @property
    def is_partial(self) -> bool:
        """Whether references are missing: such numbers are no headline."""
        return self.scored < self.expected

    @property
    def coverage(self) -> str:
        """Of how many references the numbers are, in words."""
        return f"{self.scored} of {self.expected} references"

    def as_record(self) -> dict:
        """JSON-able form for a report: fractions, None where there is no number."""
        named = {"seen": self.seen, "unseen": self.unseen, "mix": self.mix}
        record: dict = {name: _pair_record(pair) for name, pair in named.items()}
        record["null_s"] = self.null_s
        record["splits"] = {
            split.value: {**_pair_record(part.pair), "S": part.S, "scored": part.scored, "expected": part.expected}
            for split, part in self.splits.items()
        }
        return {
            "protocol": self.protocol,
            "scored": self.scored,
            "expected": self.expected,
            "partial": self.is_partial,
            **record,
        }


def mixed(seen: Pair, unseen: Pair, seen_weight: float, unseen_weight: float) -> Pair:
    """Weighted mean of two pairs."""
    share = seen_weight / (seen_weight + unseen_weight)
    return Pair(share * seen.J + (1 - share) * unseen.J, share * seen.F + (1 - share) * unseen.F)


def _pair_record(pair: Pair | None) -> dict[str, float | None]:
    if pair is None:
        return {"J": None, "F": None, "JF": None}
    outline = {} if pair.Fb is None else {"Fb": pair.Fb}
    return {"J": pair.J, "F": pair.F, "JF": pair.JF, **outline}


def summarise(
    scores: Iterable[Score],
    expected: Sequence[Reference],
    *,
    protocol: str,
    pool_pairs: Callable[[Sequence[Score]], Pair],
    pool_s: Callable[[Sequence[Score]], float],
    mix_weight: Callable[[int], float],
    allow_partial: bool,
) -> Summary:
    """Pool scores split by split, in csv order.

    Args:
        scores: in any order, at most one per expected reference.
        expected: every reference that the evaluation is about.
        protocol: `name@version`.
        pool_pairs: J and F of one split's scores in csv order; at least one.
        pool_s: S of one split's scores in csv order; at least one.
        mix_weight: how much a split with so many scored frames counts in Mix.
        allow_partial: accept missing references; the summary then says so.
    Returns:
        The summary.
    Raises:
        DataError: a reference was scored twice, or is not among the expected ones.
        ConfigError: references are missing and `allow_partial` is false, or nothing is expected.
    """
    if not expected:
        raise ConfigError("nothing to summarise: no reference is expected. Check the split filter of the benchmark.")
    by_key = _by_key(scores, expected)
    missing = [reference for reference in expected if (reference.uid, reference.row) not in by_key]
    if missing and not allow_partial:
        raise ConfigError(
            f"{len(expected) - len(missing)} of {len(expected)} references are scored; the first one without a score "
            f"is {missing[0].uid} (csv row {missing[0].row}, split {missing[0].split}). Finish the evaluation, or set "
            f"allow_partial=true to see numbers that are marked as partial and are no headline."
        )
    splits = {}
    for split in Split:
        rows = sorted(reference.row for reference in expected if reference.split is split)
        if not rows:
            continue
        here = sorted((score for score in by_key.values() if score.split is split), key=lambda score: score.row)
        pairs = [score for score in here if score.J is not None]
        nulls = [score for score in here if score.S is not None]
        splits[split] = SplitSummary(
            pair=pool_pairs(pairs) if pairs else None,
            S=pool_s(nulls) if nulls else None,
            scored=len(here),
            expected=len(rows),
            mix_weight=mix_weight(sum(score.frames for score in pairs)),
        )
    return Summary(protocol, splits)


def _by_key(scores: Iterable[Score], expected: Sequence[Reference]) -> dict[tuple[str, int], Score]:
    """Scores by reference key, each checked to belong to one expected reference."""
    split_of = {(reference.uid, reference.row): reference.split for reference in expected}
    by_key: dict[tuple[str, int], Score] = {}
    for score in scores:
        if split_of.get(score.key) is not score.split:
            raise DataError(
                f"{score.uid} (csv row {score.row}, split {score.split}) was scored but is not among the "
                f"{len(expected)} expected references. The scores come from another csv or split: evaluate again."
            )
        if score.key in by_key:
            raise DataError(f"{score.uid} (csv row {score.row}) was scored twice. Keep one score per reference.")
        by_key[score.key] = score
    return by_key
