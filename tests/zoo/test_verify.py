"""Whatever is off with a zoo is found and named."""

import json

import pytest

from tgs.digest import digest_path, digest_value
from tgs.zoo import manifest
from tgs.zoo.__main__ import main
from tgs.zoo.install import install
from tgs.zoo.parts import PARTS
from tgs.zoo.verify import verify

FIRST = ("zoo_vision", "zoo_audio", "zoo_llm", "zoo_grounder", "zoo_segmenter_memory")


@pytest.fixture
def zoo(finished, tmp_path):
    """A whole zoo, each part trained on the ones before."""
    folder = tmp_path / "zoo"
    for experiment in FIRST:
        install(finished(experiment), folder)
    for sense, experiment in (("audio", "phase1_audio"), ("vision", "phase1_visual")):
        ingredients = {name: digest_path(folder / name) for name in (sense, "llm")} | {"captions": "0"}
        install(finished(experiment, ingredients=ingredients), folder)
    return folder


def off(zoo, runs) -> list[tuple[str, str, str]]:
    return [(check.part, check.what, check.told) for check in verify(zoo, runs) if check.ok is False]


def edit(zoo, part, **changes) -> None:
    parts = manifest.read(zoo)
    parts[part] |= changes
    manifest.write(zoo, parts)


def test_a_whole_zoo_passes(zoo, tmp_path, capsys):
    checks = verify(zoo, tmp_path / "runs")
    assert off(zoo, tmp_path / "runs") == []
    assert {check.part for check in checks} == {*PARTS, "all"}
    assert main(["verify", "--zoo", str(zoo), "--runs", str(tmp_path / "runs")]) == 0
    assert "off" not in capsys.readouterr().out.split()


def test_files_that_changed_are_named(zoo, tmp_path):
    (zoo / "segmenter" / "config.json").write_text("{ }")
    (zoo / "grounder" / "config.json").unlink()
    (zoo / "grounder" / "more.json").write_text("{}")
    assert off(zoo, tmp_path / "runs") == [
        ("grounder", "files", "config.json is missing; more.json is not in the manifest"),
        ("segmenter", "files", "config.json has changed"),
    ]
    assert main(["verify", "--zoo", str(zoo), "--runs", str(tmp_path / "runs")]) == 1


def test_a_recipe_that_conf_no_longer_has_names_the_keys(zoo, tmp_path):
    recipe = manifest.read(zoo)["llm"]["recipe"]
    recipe["optim"]["lr"] = 0.5
    edit(zoo, "llm", recipe=recipe)
    assert off(zoo, tmp_path / "none") == [("llm", "recipe", "the manifest's recipe is not the one of its digest")]
    edit(zoo, "llm", recipe=recipe, recipe_digest=digest_value(recipe))
    assert off(zoo, tmp_path / "none") == [
        ("llm", "recipe", "zoo_llm has changed since: optim.lr: 0.5 there, 0.001 here")
    ]


def test_a_part_trained_on_another_part_is_found(zoo, finished, tmp_path):
    install(finished("zoo_audio", value=2.0), zoo)
    assert off(zoo, tmp_path / "runs") == [("phase1_audio", "made from", "trained on another audio")]


def test_a_part_below_its_gate_is_found(zoo, tmp_path):
    edit(zoo, "vision", scores={"val/object": 0.5})
    (found,) = off(zoo, tmp_path / "none")
    assert found[:2] == ("vision", "gate")
    assert found[2].startswith("val/object 0.500, at least 0.")


@pytest.mark.parametrize(("score", "fits"), [(0.99, True), (0.945, True), (1.01, False)])
def test_a_fresh_run_must_score_within_the_band(zoo, finished, tmp_path, score, fits):
    edit(zoo, "vision", ended="2026-01-01T00:00:00+00:00")  # so that the run below is another one
    finished("zoo_vision", score=score)
    (fresh,) = [c for c in verify(zoo, tmp_path / "runs") if (c.part, c.what) == ("vision", "fresh run")]
    assert fresh.ok is fits
    assert fresh.told == f"val/object {score:.3f}, shipped 0.970 +- 0.03"


def test_the_installed_run_itself_and_a_run_of_another_recipe_say_nothing(zoo, finished, tmp_path):
    told = {c.part: c for c in verify(zoo, tmp_path / "runs") if c.what == "fresh run"}
    assert told["vision"].ok is None
    assert told["vision"].told.endswith("is the run that was installed")
    edit(zoo, "vision", ended="2026-01-01T00:00:00+00:00", recipe_digest="0")
    told = {c.part: c for c in verify(zoo, tmp_path / "runs") if c.what == "fresh run"}
    assert told["vision"].told.endswith("is of another recipe")
    assert told["vision"].ok is None


def test_a_part_that_is_lacking_is_found(zoo, tmp_path):
    parts = manifest.read(zoo)
    del parts["llm"]
    manifest.write(zoo, {**parts, "tail": {}})
    assert ("llm", "files", "the manifest lacks it") in off(zoo, tmp_path)
    assert ("tail", "files", "no part of the zoo") in off(zoo, tmp_path)


def test_too_many_bytes_are_found(zoo, tmp_path):
    (zoo / "llm" / "README.md").write_bytes(b" " * 30_000_001)
    assert off(zoo, tmp_path) == [("all", "size", "30.0 MB of at most 30")]


def test_a_zoo_without_a_manifest_fails_and_says_so(tmp_path, capsys):
    assert main(["verify", "--zoo", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "has no manifest.json: nothing says how its weights were made" in told
    assert f"install RUN... --to {tmp_path}" in told


def test_tables_of_stages_and_parts(zoo, finished, tmp_path, capsys):
    assert main(["table", "--zoo", str(zoo)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(PARTS)
    assert lines[4] == "| llm | zoo_llm | val/s_object | 0.970 | at least 0.85 | 100 | 11 | 0.0 |"
    assert main(["stages", "--runs", str(tmp_path / "runs")]) == 0
    told = capsys.readouterr().out
    assert told.count("10.0") == told.count("11.0") == len(PARTS)
    assert "not begun" in told  # the backbone


def test_install_from_the_command_line_names_what_it_did(finished, tmp_path, capsys):
    runs = [str(finished("zoo_audio").path), str(finished("zoo_llm").path)]
    assert main(["install", *runs, "--to", str(tmp_path / "zoo")]) == 0
    assert capsys.readouterr().err.count("installed from") == 2
    assert sorted(json.loads((tmp_path / "zoo" / "manifest.json").read_text())["parts"]) == ["audio", "llm"]
