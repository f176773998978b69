"""A speed claim: the plain way and ours, timed in turn in one run, and how far their results differ."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
from memory import with_peak


@dataclass(frozen=True)
class Claim:
    """One line of the table.

    Attributes:
        what: is done, and on how much.
        plain, ours: both ways; they return numbers.
        plain_name: what the plain way is.
        tolerance: most that any two numbers may differ.
        at_least: the ratio that is wanted; None where none is.
        rounds: how often each way is timed; the medians are compared.
        times: the plain way is timed on one part of so many, each of which costs the same.
    """

    what: str
    plain_name: str
    plain: Callable[[], np.ndarray]
    ours: Callable[[], np.ndarray]
    tolerance: float
    at_least: float | None = None
    rounds: int = 5
    times: int = 1


@dataclass(frozen=True)
class Measured:
    """What came out.

    Attributes:
        plain_s, ours_s: median CPU seconds of one call in this process; the plain way's times its parts.
        difference: largest of any two numbers.
        plain_mb, ours_mb: most memory of one call, see `with_peak`.
    """

    claim: Claim
    plain_s: float
    ours_s: float
    difference: float
    plain_mb: float | None
    ours_mb: float | None

    @property
    def ratio(self) -> float:
        """How many times faster."""
        return self.plain_s / self.ours_s

    @property
    def verdict(self) -> str:
        """Equal results come first: a faster way to something else is worth nothing."""
        if self.difference > self.claim.tolerance:
            return "DIFFERS"
        if self.claim.at_least is None:
            return "-"
        return "met" if self.ratio >= self.claim.at_least else "missed"


def measure(claim: Claim) -> Measured:
    """Call both once for agreement and memory; then time them in turn, so that a busy machine slows both.

    With a single round, which is for long ones, the plain way is timed in that first call.
    """
    (plain, plain_mb, plain_s), (ours, ours_mb, _) = _once(claim.plain), _once(claim.ours)
    turns = [(timed(claim.plain) if claim.rounds > 1 else plain_s, timed(claim.ours)) for _ in range(claim.rounds)]
    plain_s, ours_s = (median(spent) for spent in zip(*turns, strict=True))
    difference = float(np.abs(plain - ours).max())
    return Measured(claim, claim.times * plain_s, ours_s, difference, plain_mb, ours_mb)


def _once(call: Callable[[], np.ndarray]) -> tuple[np.ndarray, float | None, float]:
    """What a call returns, its peak memory, and its CPU seconds."""
    begun = time.process_time()
    said, peak_mb = with_peak(call)
    return said, peak_mb, time.process_time() - begun


def timed(call: Callable[[], np.ndarray]) -> float:
    """CPU seconds of one of several calls that together take at least 20 ms."""
    calls, begun = 0, time.process_time()
    while (spent := time.process_time() - begun) < 0.02 or not calls:
        call()
        calls += 1
    return spent / calls if spent else timed(call)
