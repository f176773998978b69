"""Every shipped config composes, and a wrong key is named."""

from dataclasses import fields
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import ConfigCompositionException, HydraException
from hydra.utils import get_object
from omegaconf import OmegaConf

from tgs.config.compose import CONF, digest_config, register, typed
from tgs.config.eval import PromptConfig
from tgs.errors import ConfigError
from tgs.pipeline.adaptive import AdaptiveRule
from tgs.types import Control, Policy, Settle, Unparsed

register()
ROOTS = {"train": ["+experiment=phase2_lora"], "eval": [], "stickers": [], "doctor": []}


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (Path(CONF) / group).glob("*.yaml"))


def composed(root: str, *overrides: str):
    with initialize_config_dir(CONF, version_base="1.3"):
        return compose(root, [*ROOTS[root], *overrides] if "+experiment" not in str(overrides) else list(overrides))


def groups(root: str) -> list[str]:
    wanted = {"train": ["trainer", "optim", "logger", "benchmark", "scale"], "stickers": ["set"],
              "eval": ["benchmark", "control", "prompt", "thresholds", "protocol", "logger", "trainer",
                       "scale"], "doctor": ["benchmark", "trainer", "scale"]}  # fmt: skip
    return [f"{root} {group}={name}" for group in wanted[root] for name in options(group)]


def targets(node) -> set[str]:
    """Every `_target_` below a node."""
    if isinstance(node, dict):
        own = {node["_target_"]} if "_target_" in node else set()
        return own.union(*(targets(value) for value in node.values()))
    return set().union(*(targets(value) for value in node)) if isinstance(node, list) else set()


@pytest.mark.parametrize("case", [case for root in ROOTS for case in groups(root)])
def test_every_option_of_every_group_composes_and_its_targets_exist(case):
    root, override = case.split()
    cfg = composed(root, override)
    found = targets(OmegaConf.to_container(cfg, resolve=False))
    assert found
    assert all(callable(get_object(target)) for target in found)


@pytest.mark.parametrize("name", options("experiment"))
def test_every_experiment_composes_names_its_run_and_has_a_task(name):
    cfg = composed("train", f"+experiment={name}")
    assert cfg.run == name
    assert cfg.task._target_.startswith("tgs.lit.")
    assert all(callable(get_object(target)) for target in targets(OmegaConf.to_container(cfg, resolve=False)))


@pytest.mark.parametrize("name", options("sweep"))
def test_every_sweep_composes(name):
    assert composed("eval", f"+sweep={name}").protocol.name == "tgs"


@pytest.mark.parametrize(
    ("root", "override", "named"),
    [
        ("eval", "thresholds.bbox=0.2", "bbox"),
        ("eval", "prompt.polcy=fine", "polcy"),
        ("train", "trainer.max_epoch=3", "max_epoch"),
        ("train", "optim.learning_rate=1", "learning_rate"),
        ("doctor", "check=[masks]", "check"),
        ("doctor", "splits=[test]", "splits"),
    ],
)
def test_a_wrong_key_fails_at_compose_and_is_named(root, override, named):
    with pytest.raises((ConfigCompositionException, HydraException), match=named):
        composed(root, override)


def test_a_wrong_policy_fails_at_compose():
    with pytest.raises(HydraException, match="policy"):
        composed("eval", "prompt.policy=clever")


@pytest.mark.parametrize(
    ("override", "got"), [("thresholds.box=1.5", r"1\.5, 0\.25"), ("thresholds.text=-0.1", r"0\.1, -0\.1")]
)
def test_thresholds_out_of_range_are_refused(override, got):
    with pytest.raises(ConfigError, match=rf"thresholds\.box and thresholds\.text lie in \[0, 1\]; got {got}"):
        typed(composed("eval", override), object)


def test_the_default_thresholds_are_the_articles_and_turn_nobody_down():
    thresholds = composed("eval").thresholds
    assert (thresholds.box, thresholds.text) == (0.1, 0.25)
    assert (thresholds.reject, thresholds.doubt) == (0, 1)
    assert composed("eval").control.name is Control.none


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["thresholds.reject=-0.5"], r"thresholds\.reject and thresholds\.doubt lie in \[0, 1\]; got -0\.5, 1\.0"),
        (["prompt=adaptive", "prompt.rival_share=2"], r"prompt\.rival_share .* lie in \[0, 1\]; got 2\.0, 0\.1"),
        (["prompt=adaptive", "prompt.rival_frames=-1"], r"prompt\.rival_frames lie in \[0, 1\]; got 0\.3, -1\.0"),
        (["prompt=simple", "prompt.settle=agreement"], r"prompt\.settle has no effect with prompt=simple"),
        (["prompt=raw", "control=audio_shuffled"], r"control=audio_shuffled .* prompt=raw never thinks"),
        (["prompt=category", "thresholds.doubt=0.5"], r"thresholds\.doubt .* prompt=category never thinks"),
        (["prompt=box", "thresholds.reject=0.5"], r"thresholds\.reject .* prompt=box never asks"),
    ],
)
def test_settings_without_effect_or_out_of_range_are_refused(overrides, message):
    with pytest.raises(ConfigError, match=message):
        typed(composed("eval", *overrides), object)


def test_the_adaptive_prompt_is_set_from_the_command_line():
    prompt = typed(composed("eval", "prompt=adaptive", "prompt.settle=agreement", "prompt.unparsed=raw"), object).prompt
    assert (prompt.policy, prompt.settle, prompt.unparsed) == (Policy.adaptive, Settle.agreement, Unparsed.raw)


def test_the_adaptive_defaults_of_config_and_pipeline_are_one():
    prompt = PromptConfig(policy=Policy.adaptive)
    rule = {field.name: getattr(prompt, field.name) for field in fields(AdaptiveRule)}
    assert AdaptiveRule(**rule) == AdaptiveRule()
    assert {field.name for field in fields(PromptConfig)} == {*rule, "policy"}


def test_a_train_without_a_run_names_the_experiments():
    with (
        pytest.raises(ConfigError, match=r"\+experiment=NAME, one of phase1_audio, .*zoo_vision"),
        initialize_config_dir(CONF, version_base="1.3"),
    ):
        typed(compose("train"), object)


def test_a_command_line_choice_wins_over_the_scale():
    assert composed("eval", "segmenter.weights=elsewhere").segmenter.weights == "elsewhere"


def test_the_digest_ignores_places_but_not_settings():
    base = digest_config(composed("eval"))
    assert digest_config(composed("eval", "paths.runs=elsewhere", "logger=csv")) == base
    assert digest_config(composed("eval", "thresholds.box=0.2")) != base


def test_a_scale_without_its_weights_names_the_path():
    with pytest.raises(ConfigError, match=r"needs paths\.weights.*add paths\.weights=DIR"):
        typed(composed("eval", "scale=paper"), object)


def test_a_missing_value_is_named():
    with pytest.raises(ConfigError, match=r"no value for run: give it on the command line, run=\.\.\."):
        typed(composed("train", "run=???"), object)
