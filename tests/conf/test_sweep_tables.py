"""The tables that sweeps describe: typed, of rows that the sweep makes, and true to the article."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import OmegaConf

from tgs.config.compose import CONF, digest_config, register, typed
from tgs.config.eval import EvalConfig
from tgs.errors import ConfigError
from tgs.eval import NOT_OF_THE_NUMBERS
from tgs.report.published import PUBLISHED, R2, REF

register(EvalConfig)
SWEEPS = sorted(path.stem for path in (Path(CONF) / "sweep").glob("*.yaml"))
OURS = {"raw": ("Grounded-SAM2", "R (raw reference)"), "fine": ("T_f (fine)",), "simple": ("TGS-Agent", "T_s (simple)")}
"""What the article calls our prompts."""


def composed(*overrides):
    with initialize_config_dir(CONF, version_base="1.3"):
        return compose("eval", list(overrides))


def test_two_sweeps_of_one_second_have_folders_of_their_own():
    """They shared one, and each printed the other's rows."""
    with initialize_config_dir(CONF, version_base="1.3"):
        first, second = (compose("eval", [], return_hydra_config=True).hydra for _ in range(2))
    assert first.sweep.dir != second.sweep.dir
    assert first.run.dir != second.run.dir


def table(name):
    return OmegaConf.to_object(composed(f"+sweep={name}").table)


def swept(name):
    """Values of each swept key, as the sweep's file gives them."""
    params = OmegaConf.load(Path(CONF) / "sweep" / f"{name}.yaml").hydra.sweeper.params
    return {key: str(value).split(",") for key, value in params.items()}


def claims():
    return [(name, claim) for name in SWEEPS for claim in table(name).claims]


@pytest.mark.parametrize("name", ["table1_main", "table2_r2", "table3_prompt", "thresholds_grid"])
def test_a_published_table_has_a_question_claims_and_its_own_file(name):
    found = table(name)
    assert found.name == name
    assert found.question.endswith("?")
    assert found.claims
    assert found.published in PUBLISHED
    assert found.write is None


def test_the_quirks_are_priced_each_and_all_against_none():
    asked = swept("quirks")
    assert {*asked} == {"quirk"}
    assert sorted(asked["quirk"]) == sorted(path.stem for path in (Path(CONF) / "quirk").glob("*.yaml"))
    assert table("quirks").against == {"quirk": "none"}


@pytest.mark.parametrize(("name", "claim"), claims(), ids=lambda value: getattr(value, "text", value))
def test_every_claim_is_about_rows_that_its_sweep_makes(name, claim):
    made = swept(name)
    assert claim.larger
    for chosen in (claim.larger, claim.smaller, claim.drop_from, claim.drop_to):
        for key, value in chosen.items():
            assert {str(v) for v in (value if isinstance(value, list) else [value])} <= set(made[key])


@pytest.mark.parametrize(
    ("name", "claim"), [pair for pair in claims() if pair[1].published is not None], ids=lambda v: getattr(v, "text", v)
)
def test_published_differences_are_those_of_the_article_s_table(name, claim):
    rows = PUBLISHED[table(name).published].rows

    def numbers(chosen):
        prompts = chosen["prompt"] if isinstance(chosen["prompt"], list) else [chosen["prompt"]]
        refs = R2 if chosen.get("benchmark") == "stickers_r2" else REF
        methods = {method for prompt in prompts for method in OURS[prompt]}
        return [getattr(row, claim.metric) for row in rows if row.method in methods and row.refs == refs]

    def side(chosen, pick):
        if not claim.drop_from:
            return pick(numbers(chosen))
        return pick(numbers({**chosen, **claim.drop_from})) - pick(numbers({**chosen, **claim.drop_to}))

    assert side(claim.larger, min) - side(claim.smaller, max) == pytest.approx(claim.published, abs=1e-6)


def test_wrong_keys_and_metrics_of_a_claim_are_named():
    with pytest.raises(HydraException, match="metric"):
        composed("table.claims=[{text: a, metric: sen}]")
    with pytest.raises(HydraException, match="bigger"):
        composed("table.claims=[{text: a, metric: seen, bigger: {}}]")


def test_a_page_without_a_name_is_refused_before_anything_runs():
    with pytest.raises(ConfigError, match=r"table\.write=experiments.*table\.name=NAME"):
        typed(composed("table.write=experiments"), object)
    typed(composed("+sweep=table3_prompt", "table.write=experiments"), object)


def test_no_number_depends_on_the_table():
    plain, described = composed(), composed("+sweep=table3_prompt", "table.write=experiments")
    assert digest_config(plain, NOT_OF_THE_NUMBERS) == digest_config(described, NOT_OF_THE_NUMBERS)
