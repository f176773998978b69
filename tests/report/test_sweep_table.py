"""The table at a sweep's end: what it collects, and where it goes."""

import json

import pytest
from omegaconf import OmegaConf

from tgs.config.table import TableConfig
from tgs.data.files import BenchmarkFiles
from tgs.eval import SweepTable, training_of


def end(sweep, **table):
    """Run the callback as Hydra does."""
    schema = {"table": TableConfig}
    hydra = {"sweep": {"dir": str(sweep)}}
    config = OmegaConf.merge(schema, {"table": table, "hydra": hydra, "store": {"folder": None, "budget_gb": None}})
    callback = SweepTable()
    callback.on_multirun_start(config)
    callback.on_multirun_end(config)


def test_a_sweep_ends_with_a_page_in_its_folder_and_where_it_is_asked_for(write, sweep, tmp_path, capsys):
    seeds = [write(f"s{seed}", seen=[0.2, 0.4 + seed / 10], checkpoint=f"c{seed}") for seed in range(3)]
    raw = write("raw", seen=[0.1, 0.3], policy="raw", checkpoint=None)
    made = sweep(raw, raw, raw, *seeds)  # raw does not look at the checkpoint: three jobs, one record
    end(made, name="mine", title="Mine", published="table1", write=str(tmp_path / "book"))
    page = (made / "table.md").read_text()
    assert page == (tmp_path / "book" / "mine.md").read_text()
    assert page.startswith("# Mine\n\n**Command.** `python -m tgs.eval")
    assert "| stickers | R (raw reference) | 20.0 [10.0, 30.0] | - | 1 | 2 |" in page
    assert "| stickers | T_s (simple) | 35.0 [20.0, 50.0] | 6 | 3 | 2 |" in page
    assert "Phase 2: c0, c1, c2." in page
    assert "T_s (simple)" in capsys.readouterr().out


def test_failed_jobs_are_counted_and_end_the_sweep_with_an_error_after_the_table(write, sweep):
    made = sweep(write("a", seen=[0.2, 0.4]))
    (made / "1").mkdir()
    with pytest.raises(SystemExit, match="1 of 2 jobs failed"):
        end(made)
    assert (made / "table.md").is_file()


def test_without_a_finished_job_there_is_no_table(tmp_path):
    (tmp_path / "0").mkdir()
    with pytest.raises(SystemExit, match="1 of 1 jobs failed"):
        end(tmp_path)
    assert not (tmp_path / "table.md").exists()


def test_a_folder_that_is_used_again_forgets_the_jobs_that_hydra_left_in_it(write, sweep, tmp_path):
    """Of three jobs two are run again: the old result of one that now fails, and the third, would count as done."""
    made = sweep(*(write(name, seen=[0.2, 0.4]) for name in "abc"))
    for number in range(3):
        (made / str(number) / ".hydra").mkdir()
    (made / "notes" / ".hydra").mkdir(parents=True)
    (made / "table.md").write_text("old")
    callback, config = SweepTable(), OmegaConf.create({"hydra": {"sweep": {"dir": str(made)}}})
    callback.on_multirun_start(config)
    assert [path.name for path in made.iterdir()] == ["notes"]
    callback.on_multirun_start(OmegaConf.create({"hydra": {"sweep": {"dir": str(tmp_path / "new")}}}))


@pytest.mark.parametrize(("told", "version"), [('{"version": "0.2"}', "0.2"), (None, None)])
def test_a_made_benchmark_says_its_version(tmp_path, told, version):
    if told:
        (tmp_path / "benchmark.json").write_text(told)
    files = BenchmarkFiles(name="b", csv=tmp_path / "r2" / "x.csv", media=tmp_path / "media", masks=tmp_path / "gt")
    assert files.version() == version


def test_seeds_of_one_training_are_told_from_other_trainings(tmp_path):
    """A run's settings but for the seed, and what it was made from."""
    settings = {"seed": 0, "optim": {"lr": 0.1}}
    made = {
        "a": {"settings": settings, "ingredients": {"branches": "x"}},
        "seed": {"settings": {**settings, "seed": 1}, "ingredients": {"branches": "x"}},
        "slower": {"settings": {**settings, "optim": {"lr": 0.01}}, "ingredients": {"branches": "x"}},
        "other": {"settings": settings, "ingredients": {"branches": "y"}},
    }
    for name, content in made.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(content))
    a, seed, slower, other = (training_of(tmp_path / name / "export") for name in made)
    assert a == seed
    assert len({a, slower, other}) == 3
    assert training_of(tmp_path / "published") is training_of(None) is None
