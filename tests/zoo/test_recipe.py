"""A recipe is what was done, not where."""

import json
from pathlib import Path

import pytest

from tgs.config.compose import experiments, settings_of
from tgs.config.train import NOT_OF_A_RUN
from tgs.lit.run_folder import differing
from tgs.zoo.parts import PARTS, STAGES
from tgs.zoo.recipe import recipe_of, today

ROOT = Path(__file__).parents[2]


def test_every_stage_is_an_experiment_with_a_gate():
    trained = [name for name, entry in experiments().items() if entry == "train"]
    stages = {name for name in trained if not name.startswith("phase2")}
    assert set(STAGES) == stages
    assert set(PARTS.values()) == stages - {"zoo_grounder_backbone", "zoo_segmenter"}
    assert all(today(stage).gate for stage in STAGES)


@pytest.mark.parametrize("experiment", STAGES)
def test_a_recipe_names_no_folder_of_this_machine(experiment):
    text = json.dumps(today(experiment).recipe)
    assert str(ROOT) not in text
    assert "${" not in text
    assert "threads" not in text


def test_device_and_places_do_not_count_but_settings_do():
    base = today("zoo_segmenter").recipe
    assert today("zoo_segmenter", ["trainer=gpu", "paths.runs=elsewhere"]).recipe == base
    assert today("zoo_segmenter", ["thinker.max_new_tokens=1"]).recipe == base  # a component that it does not use
    assert differing(base, today("zoo_segmenter", ["optim.lr=0.5"]).recipe) == ["optim.lr: 0.001 there, 0.5 here"]


def test_a_setting_that_is_null_does_not_count_until_it_is_set():
    base = today("zoo_segmenter").recipe
    assert None not in base["trainer"].values()
    assert differing(base, today("zoo_segmenter", ["trainer.limit_train_batches=3"]).recipe) != []
    assert today("zoo_segmenter", ["trainer.num_nodes=2"]).recipe == base


def test_what_the_task_points_at_counts():
    base = today("phase1_audio").recipe
    assert base["task"]["thinker"]["weights"] == "paths.zoo"
    changed = today("phase1_audio", ["thinker.qformer.queries.audio=9"]).recipe
    assert differing(base, changed) == ["task.thinker.qformer.queries.audio: 4 there, 9 here"]


def test_the_settings_that_a_run_keeps_on_disk_give_the_same_recipe():
    now = today("zoo_grounder")
    kept = json.loads(json.dumps(settings_of(now.cfg, without=NOT_OF_A_RUN)))
    assert recipe_of(kept) == now.recipe
    assert now.recipe["task"]["backbone"] == "paths.runs/train/zoo_grounder_backbone/export/backbone.safetensors"


def test_make_zoo_knows_every_stage():
    words = set((ROOT / "Makefile").read_text().replace(":", " ").split())
    assert words >= set(STAGES)
