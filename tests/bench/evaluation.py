"""An evaluation against the released way, which does everything for every reference, and a sweep against full runs."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import clips
import numpy as np
import thoughts
import torch
from claim import Claim
from f_curve import by_torch

from tgs.data.benchmark import ClipWork
from tgs.ground.select import choose
from tgs.metrics.base import fits_nobody
from tgs.metrics.protocols import protocol
from tgs.segment.sam2 import LOGIT_BOUND
from tgs.think.parse import parse_thought
from tgs.types import INSIDE, Masks, Policy, Reference

BOXES, TEXTS = (0.05, 0.1, 0.2, 0.3, 0.4), (0.15, 0.2, 0.25, 0.3, 0.35)
PROMPTS = ("fine", "simple", "raw")


def claims() -> list[Claim]:
    """On a few clips of stickers, scale tiny."""
    base = clips.config("prompt=simple")
    models = clips.Row.of(base, None)
    count = len(models.data.asked)
    for stage in models.agent.stages:
        _ = stage.model  # built before the clock starts, for both ways
    settings = {prompt: clips.config(f"prompt={prompt}") for prompt in PROMPTS}
    rows = {prompt: clips.Row.of(settings[prompt], None) for prompt in PROMPTS}
    for row in rows.values():
        row.agent.thinker, row.agent.grounder, row.agent.segmenter = models.agent.stages
    done = Path(tempfile.mkdtemp(dir=clips.folder()))
    clips.Row.of(base, done).run()
    grid = len(BOXES) * len(TEXTS) * len(PROMPTS)
    sweep = f"{len(BOXES)} x {len(TEXTS)} thresholds x {len(PROMPTS)} prompts after one run"
    return [
        Claim(
            f"evaluation, {count} references of {len(models.data.groups)} clips", "reference by reference, as released",
            lambda: released(models), lambda: again(models), tolerance=2e-3, at_least=6, rounds=2,
        ),
        Claim(
            sweep, f"{grid} full runs, as released",
            lambda: np.concatenate([released(row) for row in rows.values()]), lambda: swept(settings, done),
            tolerance=2e-3, at_least=40, rounds=1, times=len(BOXES) * len(TEXTS),
        ),
        Claim(
            sweep, f"{grid} full runs of ours, without a store",
            lambda: full(settings), lambda: swept(settings, done), tolerance=1e-9, at_least=40, rounds=1,
            times=len(BOXES) * len(TEXTS),
        ),
    ]  # fmt: skip


def again(row: clips.Row) -> np.ndarray:
    """Our way, with the models that are there and nothing known."""
    fresh = clips.Row.of(row.settings, None)
    fresh.evaluate.agent = row.agent
    return fresh.run()


def full(settings: dict[str, Any]) -> np.ndarray:
    """Every prompt once, at the base thresholds, with nothing known: models are built, too."""
    return np.concatenate([clips.Row.of(settings[prompt], None).run() for prompt in PROMPTS])


def swept(settings: dict[str, Any], done: Path) -> np.ndarray:
    """The whole grid, from what one run at the base thresholds has left; returns what `full` does."""
    store, found = Path(tempfile.mkdtemp(dir=clips.folder())) / "store", {}
    shutil.copytree(done, store)
    for prompt, box, text in itertools.product(PROMPTS, BOXES, TEXTS):
        one = settings[prompt].copy()
        one.thresholds.box, one.thresholds.text = box, text
        found[prompt, box, text] = clips.Row.of(one, store).run()
    shutil.rmtree(store.parent)
    base = settings["simple"].thresholds
    return np.concatenate([found[prompt, base.box, base.text] for prompt in PROMPTS])


@torch.no_grad()
def released(row: clips.Row) -> np.ndarray:
    """Encoders, detector, segmenter and files anew for every reference, frame by frame, F by a pass per cut-off.

    Source: TGS-Agent's `inference_hyperlora.py` and `ground_segment_with_object_text_after_thinking_*.py`.
    """
    agent: Any = row.agent
    predictor = predictor_of(agent.segmenter.model.model)
    scores = []
    for place, group in enumerate(row.data.groups):
        for index, reference in enumerate(group):
            work = _read(row, place)
            boxes = _boxes(agent, work, reference, row.settings.thresholds.box)
            masks = Masks(np.stack([outline(predictor, *pair) for pair in zip(_frames(work), boxes, strict=True)]))
            scores.append((reference.row, _score(reference, masks, work.truths[index].masks_NHW)))
    return np.array([score for _, score in sorted(scores)])


def _read(row: clips.Row, place: int) -> ClipWork:
    works = [work for batch in row.data.predict_dataloader() for work in batch]
    return works[place]


def _frames(work: ClipWork) -> np.ndarray:
    return work.footage.clip.frames_NHWC


def _boxes(agent: Any, work: ClipWork, reference: Reference, threshold: float) -> list[np.ndarray]:
    text = _text(agent, work, reference)
    if text is None:
        return [np.zeros((0, 4), np.float32)] * len(_frames(work))
    found = [agent.grounder.model.detect(frame_HWC[None], [text])[0][0] for frame_HWC in _frames(work)]
    return [choose(one, box_threshold=threshold) for one in found]


def _text(agent: Any, work: ClipWork, reference: Reference) -> str | None:
    """What the detector is asked; the thinker writes to the end of its text before that."""
    if agent.policy is Policy.raw:
        return reference.text
    said = thoughts.alone(agent.thinker.model, work.footage.clip, reference.text, cached=True)
    thought = parse_thought(said, finished=said.endswith(thoughts.END_OF_THOUGHT))
    return None if thought.is_null else thought.fine if agent.policy is Policy.fine else thought.simple


def predictor_of(model: Any) -> Any:
    """The sam2 package's own, whose feature sizes are fixed for inputs of 1024 px."""
    from sam2.sam2_image_predictor import SAM2ImagePredictor

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # torch.jit inside the predictor
        predictor = SAM2ImagePredictor(model)
    predictor._bb_feat_sizes = [(model.image_size // n,) * 2 for n in (4, 8, 16)]
    return predictor


def outline(predictor: Any, frame_HWC: np.ndarray, boxes_K4: np.ndarray) -> np.ndarray:
    """Soft mask of one frame, uint8 (H, W), as `Sam2` makes it of its logits."""
    height, width, _ = frame_HWC.shape
    if not len(boxes_K4):
        return np.zeros((height, width), np.uint8)
    predictor.set_image(frame_HWC)
    logits, _, low = predictor.predict(box=boxes_K4[0], multimask_output=False, return_logits=True)
    bounded = torch.from_numpy(low)[None].clamp(-LOGIT_BOUND, LOGIT_BOUND)
    soft = torch.nn.functional.interpolate(bounded, (height, width), mode="bilinear")[0, 0].sigmoid().numpy()
    level = np.round(255 * soft)
    return np.where(logits[0] > 0, level.clip(min=INSIDE), level.clip(max=INSIDE - 1)).astype(np.uint8)


def _score(reference: Reference, masks: Masks, truth_NHW: np.ndarray) -> list[float]:
    """Under protocol tgs, F by a pass per cut-off."""
    rule = protocol("tgs")
    prepared = rule.prepare(masks, None if fits_nobody(reference) else truth_NHW)
    if fits_nobody(reference) or prepared.truth_NHW is None:
        return [0.0, 0.0, rule.null_score(prepared.claimed_NHW)]
    shown = prepared.truth_NHW.any(axis=(1, 2))
    soft, truth = (torch.from_numpy(one[shown]).float() for one in (prepared.soft_NHW, prepared.truth_NHW))
    best = float(by_torch(soft, truth).max()) if shown.any() else 0.0
    return [rule.overlap(prepared, prepared.truth_NHW), best, 0.0]
