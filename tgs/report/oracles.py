"""The evaluations that stand beside a run with the truth in place of its first stages: found, checked, or asked for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tgs.config.eval import EvalConfig, ThresholdsConfig
from tgs.errors import ConfigError, DataError
from tgs.report.records import EvalFolder
from tgs.report.results import Evaluation, read
from tgs.report.swap import Swap
from tgs.report.tables import flat
from tgs.types import Policy, Tracking

SAME = ("benchmark_digest", "scale", "protocol", "zoo", "segmenter.mode")
"""What an oracle must have in common with the run; records name weights by `zoo`."""

DETECTED = ("thresholds.box", "thresholds.choice", "thresholds.max_boxes", "thresholds.reject")
"""What it must have in common, too, if it asks the detector."""


def swap_of(path: Path, name: Path | None = None, box: Path | None = None) -> Swap:
    """A run with its two oracles.

    Args:
        path: the run's folder.
        name, box: folders of prompt=category and prompt=box; None looks for them beside the run.
    Raises:
        DataError: a folder is unfinished or damaged, the run's records do not know the truth, or a given oracle is of
            other references or settings.
        ConfigError: an oracle is not there, or several would do; or the run is the last oracle itself.
    """
    run = read(path)
    if run.origin["policy"] == Policy.box:
        raise ConfigError(f"{path} has the true boxes: all that it loses is Segment's, and stands in its own table.")
    if any("truth" not in record for record in run.records):
        raise DataError(
            f"{path} does not say where the objects are. Evaluate again with overwrite=true; masks that "
            "tgs.score has read tell no stage from another."
        )
    return Swap(run, *(_oracle(path, run, *one) for one in ((Policy.category, name), (Policy.box, box))))


def _oracle(path: Path, run: Evaluation, policy: Policy, given: Path | None) -> Evaluation:
    if given is not None:
        if why := differences(run.origin, EvalFolder(given).summary()["origin"], policy):
            raise DataError(f"{given} cannot stand beside {path}: {why}. Make it by\n  {command(path, run, policy)}")
        return _aligned(run, given)
    found = [one for one in _beside(path) if not differences(run.origin, EvalFolder(one).summary()["origin"], policy)]
    covering = [one for one in found if not _missing(run, EvalFolder(one).references())]
    if len(covering) == 1:
        return _aligned(run, covering[0])
    option = "--name" if policy is Policy.category else "--box"
    if covering:
        raise ConfigError(f"{' and '.join(map(str, covering))} would both do. Choose by {option}.")
    raise ConfigError(
        f"no finished evaluation with prompt={policy} of the same references and settings lies beside {path}. Make it "
        f"by\n  {command(path, run, policy)}\nor name one by {option}."
    )


def _beside(path: Path) -> list[Path]:
    return sorted(summary.parent for summary in path.resolve().parent.glob("*/summary.json"))


def differences(run: Mapping[str, Any], oracle: Mapping[str, Any], policy: Policy) -> str:
    """In what an evaluation is not the oracle that a run needs; empty if it is.

    Args:
        run, oracle: origins, as summaries hold them.
        policy: which oracle.
    """
    ours, theirs = flat(run), flat(oracle)
    keys = SAME if policy is Policy.box else (*SAME, *DETECTED)
    wanted = {"policy": str(policy), **{key: ours.get(key) for key in keys}}
    return ", ".join(
        f"{key} is {theirs.get(key)}, not {value}" for key, value in wanted.items() if theirs.get(key) != value
    )


def _missing(run: Evaluation, records: list[dict[str, Any]]) -> list[str]:
    """uids of the run's references that some records lack."""
    there = {(record["uid"], record["row"]) for record in records}
    return [score.uid for score in run.scores if score.key not in there]


def _aligned(run: Evaluation, path: Path) -> Evaluation:
    """The oracle's scores of the run's references: one of the whole benchmark serves a partial run, too."""
    oracle = read(path)
    if lost := _missing(run, oracle.records):  # type: ignore[arg-type]
        raise DataError(f"{path} lacks {len(lost)} of {len(run.scores)} references of the run, the first is {lost[0]}.")
    position = {score.key: index for index, score in enumerate(oracle.scores)}
    return oracle.at([position[score.key] for score in run.scores])


def command(path: Path, run: Evaluation, policy: Policy) -> str:
    """The command line that makes an oracle, of all references of the splits; the paths of data are the caller's."""
    ours = flat(run.origin)
    usual = flat({"thresholds": vars(ThresholdsConfig())})
    words = [f"prompt={policy}", *(f"{key}={ours[key]}" for key in ("benchmark", "scale", "protocol"))]
    if ours.get("segmenter.mode", Tracking.image) != Tracking.image:
        words.append(f"segmenter.mode={ours['segmenter.mode']}")
    if policy is not Policy.box:
        words += [f"{key}={ours[key]}" for key in DETECTED if key in ours and ours[key] != usual[key]]
    splits = sorted({score.split.value for score in run.scores})
    if not set(splits) <= set(EvalConfig().splits):
        words.append(f"splits=[{','.join(splits)}]")
    runs = path.resolve().parent.parent
    if runs != Path("runs").resolve():
        words.append(f"paths.runs={runs}")
    return shlex.join(["python", "-m", "tgs.eval", *words])
