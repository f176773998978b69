"""Every shipped config composes, and a wrong key is named."""

import inspect
from dataclasses import fields
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import ConfigCompositionException, HydraException
from hydra.utils import get_object
from omegaconf import OmegaConf

from tgs.config.compose import CONF, digest_config, experiments, refuse_foreign_experiment, register, typed
from tgs.config.doctor import DoctorConfig
from tgs.config.eval import ADAPTIVE_ONLY, AskingConfig, EvalConfig, PromptConfig
from tgs.config.score import ScoreConfig
from tgs.config.stickers import StickersConfig
from tgs.config.train import TrainConfig
from tgs.config.weights import WeightsConfig
from tgs.errors import ConfigError
from tgs.eval import NOT_OF_THE_NUMBERS
from tgs.pipeline.adaptive import AdaptiveRule
from tgs.pipeline.description import TextRule
from tgs.report.tables import flat
from tgs.think.ref_thinker import RefThinker
from tgs.types import Control, Policy, Settle, Unparsed

register(DoctorConfig, EvalConfig, ScoreConfig, StickersConfig, TrainConfig, WeightsConfig)
ROOTS = {"train": ["+experiment=phase2_lora"], "eval": [], "score": [], "stickers": [], "doctor": [], "weights": []}


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (Path(CONF) / group).glob("*.yaml"))


def composed(root: str, *overrides: str):
    with initialize_config_dir(CONF, version_base="1.3"):
        return compose(root, [*ROOTS[root], *overrides] if "+experiment" not in str(overrides) else list(overrides))


def groups(root: str) -> list[str]:
    wanted = {
        "train": ["trainer", "optim", "logger", "benchmark", "scale"],
        "stickers": ["set"],
        "score": ["benchmark", "protocol"],
        "doctor": ["benchmark", "trainer", "scale", "grounder", "segmenter"],
        "weights": ["scale", "thinker", "grounder", "segmenter"],
        "eval": ["benchmark", "control", "prompt", "quirk", "thresholds", "protocol", "logger", "trainer", "scale"],
    }
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


@pytest.mark.parametrize("name", [name for name, entry in experiments().items() if entry == "train"])
def test_every_training_composes_names_its_run_and_has_a_task(name):
    cfg = composed("train", f"+experiment={name}")
    assert cfg.run == name
    assert cfg.task._target_.startswith("tgs.lit.")
    assert all(callable(get_object(target)) for target in targets(OmegaConf.to_container(cfg, resolve=False)))


@pytest.mark.parametrize("scale", options("scale"))
@pytest.mark.parametrize("name", ["phase1_audio", "phase1_visual", "phase2_lora"])
def test_both_phases_compose_at_every_scale_with_what_they_are_made_from(name, scale):
    cfg = composed("train", f"+experiment={name}", f"scale={scale}", "paths.weights=weights", "paths.zoo=zoo")
    resolved = OmegaConf.to_container(cfg, resolve=True)
    thinker, made_from = resolved["thinker"], resolved["ingredients"]
    below = {"tiny": "zoo", "small": "weights/small", "paper": "weights"}[scale]
    assert thinker["weights"] == below
    if name == "phase2_lora":
        assert thinker["llm"]["lora"]["rank"] == 8
        return
    assert thinker["llm"]["lora"] is None
    assert made_from["llm"] == f"{below}/{thinker['llm']['path']}"
    for part in {"vision", "audio"} & {*made_from}:  # small takes them from the shipped zoo, by absolute path
        path = thinker[part]["path"]
        assert made_from[part] == (path if path.startswith("/") else f"{below}/{path}")
    assert scale != "small" or Path(made_from.get("vision") or made_from["audio"]).is_dir()


@pytest.mark.parametrize(
    "recipe", [f"{p.parent.name}/{p.stem}" for p in sorted((Path(CONF) / "recipe").glob("*/*.yaml"))]
)
def test_every_recipe_composes_with_its_experiment(recipe):
    experiment = recipe.split("/")[0].replace("phase2", "phase2_lora")
    cfg = composed("train", f"+experiment={experiment}", f"recipe={recipe}")
    own = OmegaConf.load(Path(CONF) / "recipe" / f"{recipe}.yaml")
    assert cfg.data.batch_size == own.data.batch_size
    assert cfg.optim.lr == own.optim.lr
    told, held = flat(OmegaConf.to_container(own)), flat(OmegaConf.to_container(cfg))
    assert {name: held.get(name) for name in told} == told  # the experiment's own settings come later


@pytest.mark.parametrize("name", [name for name, entry in experiments().items() if entry == "eval"])
def test_every_other_experiment_composes_as_an_evaluation(name):
    typed(composed("eval", f"+experiment={name}"), object)


@pytest.mark.parametrize(("entry", "name"), [("train", "released_code"), ("eval", "phase2_lora")])
def test_an_experiment_of_the_other_entry_point_is_told_so(entry, name):
    other = experiments()[name]
    message = rf"{name} is an experiment of tgs\.{other}: python -m tgs\.{other} \+experiment={name}"
    with pytest.raises(SystemExit, match=message):
        refuse_foreign_experiment(entry, ["seed=1", f"+experiment={name}"])
    refuse_foreign_experiment(other, [f"+experiment={name}"])
    refuse_foreign_experiment(entry, ["+experiment=nobody", "run=released_code"])  # Hydra says what it does not know


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
        ("weights", "downlaod=true", "downlaod"),
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
        (["segmenter.mode=vidoe"], r"segmenter\.mode is one of image, video, video_filled; got vidoe"),
        (["prompt=raw", "prompt.unparsed=error"], r"prompt\.unparsed has no effect with prompt=raw.*prompt=simple"),
        (["prompt=raw", "asking.wording=test"], r"asking\.wording has no effect with prompt=raw"),
        (["prompt=category", "quirk=unmasked_padding"], r"asking\.padding has no effect with prompt=category"),
        (["prompt=raw", "quirk=all", "prompt.settle=agreement"], r"prompt\.settle has no effect with prompt=raw"),
        (["prompt.null_in=test_n", "thresholds.doubt=0.5"], r"thresholds\.doubt .* prompt\.null_in=test_n"),
        (["trainer=fsdp"], r"trainer\.strategy=fsdp2 is for training: evaluate with trainer=gpu or trainer=ddp"),
        (["trainer=deepspeed"], r"trainer\.strategy=deepspeed_stage_2 is for training"),
        (["+thinker.engine=vllm", "trainer=ddp"], r"thinker\.engine=vllm runs in one process: set trainer\.devices=1"),
        (["+thinker.engine=vllm", "trainer.num_nodes=2"], r"thinker\.engine=vllm runs in one process"),
        (["asking.batch_rows=0"], r"asking\.batch_rows must be at least 1; got 0"),
        (["segmenting.size_px=-1"], r"segmenting\.size_px must be at least 1; got -1"),
    ],
)
def test_settings_without_effect_or_out_of_range_are_refused(overrides, message):
    with pytest.raises(ConfigError, match=message):
        typed(composed("eval", *overrides), object)


def test_the_adaptive_prompt_is_set_from_the_command_line():
    prompt = typed(composed("eval", "prompt=adaptive", "prompt.settle=agreement", "prompt.unparsed=raw"), object).prompt
    assert (prompt.policy, prompt.settle, prompt.unparsed) == (Policy.adaptive, Settle.agreement, Unparsed.raw)


def test_the_defaults_of_config_and_pipeline_are_one():
    prompt = PromptConfig(policy=Policy.adaptive)
    values = {field.name: getattr(prompt, field.name) for field in fields(PromptConfig) if field.name != "policy"}
    adaptive = {name: values.pop(name) for name in ADAPTIVE_ONLY}
    assert AdaptiveRule(**adaptive) == AdaptiveRule()
    assert TextRule(**values) == TextRule()


def test_the_defaults_of_config_and_thinker_are_one():
    found = {name: one.default for name, one in inspect.signature(RefThinker).parameters.items()}
    assert {name: found[name] for name in vars(AskingConfig())} == vars(AskingConfig())


QUIRKS = {
    "first_box": {"thresholds.choice": "first"},
    "swapped_channels": {"segmenting.swap_channels": True},
    "small_frames": {"segmenting.size_px": 224},
    "test_wording": {"asking.wording": "test"},
    "null_in_test_n": {"prompt.null_in": "test_n"},
    "error_asked": {"prompt.unparsed": "error"},
    "read_by_tag": {"asking.reading": "by_tag"},
    "extra_dot": {"prompt.extra_dot": True},
    "unmasked_padding": {"asking.padding": "unmasked", "asking.batch_rows": 8},
    "limit_256": {"thinker.max_new_tokens": 256},
    "one_per_uid": {"one_per_uid": True},
}
"""What each moves, and nothing else."""
SCALES = {name: [f"scale={name}", "paths.weights=weights"] for name in options("scale")}


def moved(before, after) -> dict:
    """Keys whose values differ, by dotted names."""
    left, right = (flat(OmegaConf.to_container(cfg, resolve=True, enum_to_str=True)) for cfg in (before, after))
    return {name: right.get(name) for name in {*left, *right} if left.get(name) != right.get(name)}


def everything(quirk: str) -> dict:
    parts = [QUIRKS[quirk]] if quirk in QUIRKS else QUIRKS.values()
    return {"quirk": quirk, **{name: value for part in parts for name, value in part.items()}}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("quirk", [*QUIRKS, "all"])
def test_a_quirk_moves_its_own_keys_at_every_scale(quirk, scale):
    plain, changed = composed("eval", *SCALES[scale]), composed("eval", *SCALES[scale], f"quirk={quirk}")
    typed(changed, object)
    assert moved(plain, changed) == everything(quirk)


def test_every_quirk_is_known_here_and_one_of_all():
    assert {*options("quirk")} == {*QUIRKS, "none", "all"}


@pytest.mark.parametrize("scale", SCALES)
def test_released_code_is_all_quirks_under_the_released_metric(scale):
    released = composed("eval", *SCALES[scale], "+experiment=released_code")
    assert moved(composed("eval", *SCALES[scale]), released) == everything("all")
    assert released.protocol.name == "tgs"


@pytest.mark.parametrize("prompt", options("prompt"))
def test_all_quirks_may_be_asked_of_any_prompt(prompt):
    assert typed(composed("eval", f"prompt={prompt}", "quirk=all"), object).quirk == "all"


def test_quirks_are_seen_by_the_digest():
    digests = {digest_config(composed("eval", f"quirk={quirk}"), NOT_OF_THE_NUMBERS) for quirk in options("quirk")}
    assert len(digests) == len(options("quirk"))


def test_an_engine_that_only_answers_is_refused_in_training():
    with pytest.raises(ConfigError, match=r"thinker\.engine=vllm only answers: train with thinker\.engine=torch"):
        typed(
            composed("train", "+experiment=phase2_lora", "scale=paper", "thinker.engine=vllm", "paths.weights=W"),
            object,
        )
    typed(composed("train", "+experiment=phase2_lora", "scale=paper", "paths.weights=W"), object)


def test_a_train_without_a_run_names_the_experiments():
    with (
        pytest.raises(
            ConfigError,
            match=r"\+experiment=NAME, one of phase1_audio, .*phase2_lora, zoo_.*zoo_vision$",
        ),
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
