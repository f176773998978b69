"""The score that a run must reach before anything is built on it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tgs.errors import ConfigError, GateError
from tgs.lit.run_folder import RunFolder

log = logging.getLogger("tgs")


@dataclass(frozen=True)
class Gate:
    """A bound on one validation score.

    Attributes:
        score: its name, as `val/accuracy`.
        at_least, at_most: the bound, which belongs to the passing side; one of them is given.
        enforce: False only warns of a run below the gate.
    Raises:
        ConfigError: no bound, or two.
    """

    score: str
    at_least: float | None = None
    at_most: float | None = None
    enforce: bool = True

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ConfigError(
                f"gate on {self.score}: give one of gate.at_least and gate.at_most; "
                f"got {self.at_least} and {self.at_most}"
            )

    @property
    def wanted(self) -> str:
        """The bound in words."""
        return f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"

    def reached(self, scores: Mapping[str, Any]) -> float:
        """The gate's score among a validation's.

        Raises:
            ConfigError: validation does not give it; lists what it gives.
        """
        if self.score not in scores:
            given = ", ".join(sorted(name for name in scores if name.startswith("val/"))) or "no scores"
            raise ConfigError(f"gate.score={self.score}: validation gives {given}. Name one of them, or set gate=null.")
        return float(scores[self.score])

    def judge(self, scores: Mapping[str, Any]) -> dict[str, Any]:
        """The verdict on a run's last scores, for its summary: `score`, `wanted`, `reached`, `passed`."""
        reached = self.reached(scores)
        if self.at_least is not None:
            passed = reached >= self.at_least
        else:
            assert self.at_most is not None  # see __post_init__
            passed = reached <= self.at_most
        return {"score": self.score, "wanted": self.wanted, "reached": reached, "passed": passed}


def hold_to(gate: Gate, run: RunFolder) -> None:
    """Judge a finished run and note the verdict in its summary; the run and its export stay as they are.

    Raises:
        GateError: the run is below the gate, and the gate is enforced.
        ConfigError: see `Gate.reached`.
    """
    verdict = gate.judge(run.summary()["scores"])
    run.note(gate=verdict)
    told = f"{run.path}: {gate.score} is {verdict['reached']:.4g}, the gate wants {gate.wanted}"
    if verdict["passed"]:
        log.info("%s: passed", told)
    elif gate.enforce:
        raise GateError(
            f"{told}. The run and its export are kept. Train longer or otherwise (run=NAME keeps this run beside it, "
            "overwrite=true replaces it), move the gate, or go on regardless with gate.enforce=false."
        )
    else:
        log.warning("%s: NOT passed; going on regardless, because gate.enforce=false", told)
