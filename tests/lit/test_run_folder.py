"""A run's folder belongs to one run."""

import json

import pytest

from tgs.errors import ConfigError, DataError
from tgs.lit.run_folder import RunFolder, digests, relevant

SETTINGS = {"seed": 0, "optim": {"lr": 0.1, "warmup": 0.03}}


def finish(run: RunFolder, **scores: float) -> None:
    run.finish(scores, steps=7, seconds=60.0, cpu_seconds=90.0)


def test_the_same_settings_go_on(tmp_path):
    run = RunFolder(tmp_path / "a")
    run.claim(SETTINGS, overwrite=False)
    run.last.write_text("checkpoint")
    run.claim({"optim": {"warmup": 0.03, "lr": 0.1}, "seed": 0}, overwrite=False)
    assert run.last.read_text() == "checkpoint"
    assert not run.done


def test_other_settings_are_refused_and_named(tmp_path):
    run = RunFolder(tmp_path / "a")
    run.claim(SETTINGS, overwrite=False)
    with pytest.raises(ConfigError, match=r"optim\.lr: 0\.1 there, 0\.2 here.*overwrite=true"):
        run.claim({"seed": 0, "optim": {"lr": 0.2, "warmup": 0.03}}, overwrite=False)


def test_a_new_key_that_says_nothing_changes_nothing(tmp_path):
    run = RunFolder(tmp_path / "a")
    run.claim(SETTINGS, overwrite=False)
    run.claim({**SETTINGS, "grounder": None}, overwrite=False)


def test_overwrite_starts_anew(tmp_path):
    run = RunFolder(tmp_path / "a")
    run.claim(SETTINGS, overwrite=False)
    run.last.write_text("checkpoint")
    finish(run)
    assert run.done
    run.claim({"seed": 1}, overwrite=True)
    assert not run.last.exists()
    assert not run.done


def test_a_component_counts_only_where_something_points_at_it():
    settings = {"task": {"thinker": "${thinker}"}, "thinker": {"path": "${grounder.weights}"}, "grounder": 1,
                "segmenter": 2, "seed": 0}  # fmt: skip
    assert set(relevant(settings)) == {"task", "thinker", "grounder", "seed"}
    assert set(relevant({**settings, "task": {"thinker": None}})) == {"task", "seed"}


def test_a_component_that_the_run_does_not_use_may_change(tmp_path):
    run = RunFolder(tmp_path / "a")
    run.claim({**SETTINGS, "thinker": {"layers": 2}, "task": "${thinker}"}, overwrite=False)
    with pytest.raises(ConfigError, match=r"thinker\.layers: 2 there, 3 here"):
        run.claim({**SETTINGS, "thinker": {"layers": 3}, "task": "${thinker}"}, overwrite=False)
    other = RunFolder(tmp_path / "b")
    other.claim({**SETTINGS, "thinker": {"layers": 2}}, overwrite=False)
    other.claim({**SETTINGS, "thinker": {"layers": 3}}, overwrite=False)


def test_other_ingredients_are_refused_but_a_card_may_change(tmp_path):
    part = tmp_path / "llm"
    part.mkdir()
    (part / "model").write_text("one")
    run = RunFolder(tmp_path / "a")
    run.claim(SETTINGS, overwrite=False, ingredients=digests({"llm": str(part)}))
    (part / "README.md").write_text("a card")
    run.claim(SETTINGS, overwrite=False, ingredients=digests({"llm": str(part)}))
    (part / "model").write_text("two")
    with pytest.raises(ConfigError, match=r"other ingredients \(llm: '[0-9a-f]{16}' there, '[0-9a-f]{16}' here\)"):
        run.claim(SETTINGS, overwrite=False, ingredients=digests({"llm": str(part)}))


def test_a_run_from_before_ingredients_were_noted_goes_on(tmp_path):
    run = RunFolder(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"settings": SETTINGS}))
    run.claim(SETTINGS, overwrite=False, ingredients={"llm": "0"})


def test_a_missing_ingredient_is_named(tmp_path):
    with pytest.raises(DataError, match=r"made from llm, and there is no .*/llm: .*conf/experiment"):
        digests({"llm": str(tmp_path / "llm")})


def test_the_summary_says_what_the_run_cost_and_takes_notes(tmp_path):
    run = RunFolder(tmp_path)
    with pytest.raises(DataError, match=r"no summary\.json.*not finished"):
        run.summary()
    finish(run, loss=1.0)
    run.note(gate={"passed": True})
    kept = {key: run.summary()[key] for key in ("steps", "seconds", "cpu_seconds", "scores", "gate")}
    assert kept == {"steps": 7, "seconds": 60.0, "cpu_seconds": 90.0, "scores": {"loss": 1.0}, "gate": {"passed": True}}
