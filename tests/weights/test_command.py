"""`python -m tgs.weights`: the table, the commands, what is fetched, and the exit code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from tgs.config.compose import CONF, register
from tgs.config.weights import WeightsConfig
from tgs.errors import WeightsError
from tgs.weights.__main__ import look, run
from tgs.weights.examine import State
from tgs.weights.listing import commands, wanted
from tgs.zoo.parts import PARTS, SHIPPED

register(WeightsConfig)
CLIP, LLAMA = "clip-vit-large-patch14", "Llama-2-7b-chat-hf"


def composed(root: Path, *overrides: str):
    with initialize_config_dir(CONF, version_base="1.3"):
        return compose("weights", [f"paths.weights={root}", *overrides])


def two_published(root: Path) -> list[str]:
    """The tiny thinker, but two of its parts under published names: the stand-in hub has the zoo's."""
    return [f"thinker.vision.path={root.resolve() / CLIP}", f"thinker.llm.path={root.resolve() / LLAMA}"]


@pytest.fixture
def stocked(hub):
    """The zoo's parts as if they were the published ones, one of them gated."""
    hub.put("openai/clip-vit-large-patch14", SHIPPED / "vision")
    hub.put("meta-llama/Llama-2-7b-chat-hf", SHIPPED / "llm")
    hub.gated.add("meta-llama/Llama-2-7b-chat-hf")
    return hub


def test_what_is_refused_does_not_stop_the_others_and_is_fetched_next_time(stocked, tmp_path, capsys):
    cfg = composed(tmp_path, *two_published(tmp_path), "download=true")
    with pytest.raises(WeightsError) as refused:
        run(cfg, stocked.endpoint)
    first, second = str(refused.value).splitlines()
    assert first == f"1 of 7 weights are missing or do not fit: {tmp_path / LLAMA}. See above."
    assert second.startswith(
        f"{LLAMA}: meta-llama/{LLAMA} is gated: accept its licence at https://huggingface.co/meta-"
    )
    assert {name for name, _ in stocked.fetched} == {"config.json", "model.safetensors"}
    printed = capsys.readouterr().out
    assert f"note: {tmp_path / CLIP}/model.safetensors is not the published file" in printed  # it is the zoo's
    assert f"hf download meta-llama/{LLAMA} --include config.json" in printed
    assert "hf download openai" not in printed

    stocked.gated.clear()
    stocked.fetched.clear()
    run(cfg, stocked.endpoint)
    wanted = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert {name for name, _ in stocked.fetched} == wanted
    assert "hf download" not in capsys.readouterr().out

    stocked.fetched.clear()
    run(cfg, stocked.endpoint)
    assert stocked.fetched == []


def test_nothing_is_fetched_unasked_and_what_is_damaged_is_told(stocked, tmp_path, capsys):
    shutil.copytree(SHIPPED / "vision", tmp_path / CLIP)
    shutil.copytree(SHIPPED / "llm", tmp_path / LLAMA)
    (tmp_path / LLAMA / "tokenizer.json").unlink()
    with pytest.raises(WeightsError, match=rf"1 of 7 .*{LLAMA}\. See above; download=true"):
        run(composed(tmp_path, *two_published(tmp_path)), stocked.endpoint)
    assert stocked.fetched == []
    printed = capsys.readouterr().out
    assert f"{tmp_path / LLAMA}: {tmp_path / LLAMA}/tokenizer.json: no such file or folder" in printed
    assert re.search(r"Llama 2 7B chat +thinker\.llm .*does not fit", printed)


def test_the_shipped_weights_are_there_as_the_manifest_says(tmp_path):
    rows = look(composed(tmp_path))
    assert {row.place.name for row in rows} == set(PARTS)
    assert {row.state for row in rows} == {State.shipped}


def test_a_changed_part_of_the_zoo_is_off(tmp_path):
    for part in PARTS:
        shutil.copytree(SHIPPED / part, tmp_path / part)
    shutil.copy(SHIPPED / "manifest.json", tmp_path)
    (tmp_path / "audio" / "extra.txt").touch()
    rows = look(composed(tmp_path / "weights", f"paths.zoo={tmp_path}"))
    assert [(row.place.name, row.state, row.told) for row in rows if row.off] == [
        ("audio", State.changed, ("extra.txt is not in the manifest",))
    ]


def test_parts_that_do_not_fit_each_other_are_a_row_of_their_own(tmp_path):
    rows = look(composed(tmp_path, "thinker.qformer.queries.audio=9"))
    (row,) = [row for row in rows if row.off]
    assert (row.place, row.parts, row.state) == (SHIPPED, ("thinker",), State.unfit)
    assert "does not fit Branch" in row.told[0]


def test_what_is_made_comes_after_what_it_is_made_of(tmp_path):
    """bert-base-uncased is there, the detector's file is not; a folder with a blank is quoted."""
    root = tmp_path / "my weights"
    (root / "bert-base-uncased").mkdir(parents=True)
    rows = look(composed(f"'{root}'", "grounder=paper_hf"))
    assert [entry.place for entry in wanted(rows, root)] == ["groundingdino_swint_ogc.pth", "groundingdino_swint_ogc"]
    assert commands(rows, root) == [
        "# groundingdino_swint_ogc.pth: Grounding-DINO Swin-T (OGC)",
        f"hf download ShilongLiu/GroundingDINO --include groundingdino_swint_ogc.pth --local-dir '{root}'",
        "# groundingdino_swint_ogc: Grounding-DINO Swin-T (OGC) for transformers",
        f"python -m tgs.convert grounder '{root}'/groundingdino_swint_ogc.pth --to '{root}'/groundingdino_swint_ogc",
    ]


def test_a_published_checkpoint_is_fetched_and_converted(tmp_path):
    rows = look(composed(tmp_path, f"checkpoint={tmp_path / 'tgs_agent'}"))
    assert [entry.place for entry in wanted(rows, tmp_path)] == ["TGS-Agent", "Llama-2-7b-chat-hf", "tgs_agent"]


def test_offline_every_refusal_is_told_and_the_exit_code_is_1(tmp_path):
    places = [f"paths.weights={tmp_path / 'weights'}", f"paths.runs={tmp_path / 'runs'}"]
    command = [sys.executable, "-m", "tgs.weights", "scale=paper", "download=true", *places]
    environment = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    told = done.stderr.split("\nWeightsError: ")[1]
    assert told.startswith(f"8 of 8 weights are missing or do not fit: {tmp_path}/weights/clip-vit-large-patch14, ")
    assert told.count("not fetched (ConnectError") == 7  # of five on the hub, and two that phase 1's are made of
    assert re.search(r"Llama 2 7B chat +thinker\.llm .*missing +13\.5 GB +Llama 2", done.stdout)


def test_help_answers_without_heavy_packages():
    code = "import sys, tgs.weights.__main__; assert not {'torch', 'huggingface_hub', 'rich'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
