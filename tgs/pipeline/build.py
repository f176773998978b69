"""From an evaluation's settings to its agent: the stages that a policy needs, each built when it is first asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import OmegaConf

from tgs.config.eval import EvalConfig
from tgs.ground.base import Grounder
from tgs.ground.select import Choice
from tgs.pipeline.adaptive import AdaptiveRule
from tgs.pipeline.agent import Agent
from tgs.pipeline.description import TextRule
from tgs.pipeline.identity import encoders_identity, grounder_identity, segmenter_identity, thinker_identity
from tgs.pipeline.recall import Recall
from tgs.pipeline.stage import Stage
from tgs.segment.base import Segmenter
from tgs.segment.view import Viewed
from tgs.think.base import Thinker
from tgs.types import THINKING, Padding, Policy, Tracking


def build_agent(config: EvalConfig, recall: Recall) -> Agent:
    """The stages that the policy needs, and no others; each is built when it is first asked."""
    prompt, thresholds = config.prompt, config.thresholds
    policy = prompt.policy
    return Agent(
        policy, segmenter_of(config, recall),
        thinker_of(config, recall) if policy in THINKING else None,
        grounder_of(config, recall) if policy is not Policy.box else None,
        box_threshold=thresholds.box, choice=Choice(thresholds.choice), max_boxes=thresholds.max_boxes,
        reject=thresholds.reject, doubt=thresholds.doubt,
        texts=TextRule(prompt.unparsed, prompt.null_in, prompt.extra_dot),
        adaptive=AdaptiveRule(prompt.rival_share, prompt.rival_frames, prompt.settle),
        recall=recall, encoders=lambda: encoders_identity(resolved(config.thinker), numerics(config), recall.kept),
        apart=config.asking.padding is Padding.masked, tracks=config.segmenter.mode != Tracking.image,
    )  # fmt: skip


def thinker_of(config: EvalConfig, recall: Recall) -> Stage[Thinker]:
    """Ref-Thinker, with the checkpoint that is evaluated and as it is asked."""
    asking: Any = OmegaConf.to_container(config.asking, enum_to_str=True)  # type: ignore[arg-type]
    settings = {**resolved(config.thinker), **asking}
    checkpoint = Path(config.checkpoint) if config.checkpoint else None
    return Stage(
        lambda: instantiate(config.thinker, checkpoint=config.checkpoint, **asking, _convert_="all"),
        lambda: thinker_identity(settings, checkpoint, numerics(config), recall.kept),
    )


def grounder_of(config: EvalConfig, recall: Recall) -> Stage[Grounder]:
    """The detector."""
    return Stage(
        lambda: instantiate(config.grounder, _convert_="all"),
        lambda: grounder_identity(resolved(config.grounder), numerics(config), recall.kept),
    )


def segmenter_of(config: EvalConfig, recall: Recall) -> Stage[Segmenter]:
    """The segmenter, with what it is shown."""
    view = config.segmenting

    def build() -> Segmenter:
        segmenter = instantiate(config.segmenter, _convert_="all")
        if view.swap_channels or view.size_px is not None:
            return Viewed(segmenter, swap_channels=view.swap_channels, size_px=view.size_px)
        return segmenter

    settings = {**resolved(config.segmenter), **resolved(view)}
    return Stage(build, lambda: segmenter_identity(settings, numerics(config), recall.kept))


def resolved(settings: Any) -> dict[str, Any]:
    """Settings of one component as plain values."""
    return OmegaConf.to_container(settings, resolve=True, enum_to_str=True)  # type: ignore[return-value]


def numerics(config: EvalConfig) -> tuple[str, str]:
    """Where and how exactly numbers are computed: another device or precision gives other ones."""
    return config.trainer.accelerator, config.trainer.precision
