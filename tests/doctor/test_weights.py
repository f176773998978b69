"""The weights that a config names."""

import json
import shutil
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from tgs.config.compose import CONF, register
from tgs.config.doctor import DoctorConfig
from tgs.doctor.finding import Chart, Kind
from tgs.doctor.weights import examine_weights, note
from tgs.weights.examine import examine_thinker
from tgs.zoo.parts import PARTS, SHIPPED

register(DoctorConfig)
STAGES = ("thinker", "grounder", "segmenter")


def stages(*overrides: str) -> dict:
    with initialize_config_dir(CONF, version_base="1.3"):
        cfg = compose("doctor", list(overrides))
    return {name: OmegaConf.to_container(cfg[name], resolve=True) for name in STAGES}


NOWHERE = Path("<paths.weights>")


def thinker_chart(zoo: Path, *overrides: str, checkpoint: Path | None = None) -> Chart:
    chart = Chart()
    for found in examine_thinker(stages(f"paths.zoo={zoo}", *overrides)["thinker"], checkpoint):
        note(found, NOWHERE, chart)
    return chart


def off(chart: Chart, root: Path) -> list[tuple[Kind, str]]:
    """Kinds and places below a folder."""
    return [(finding.kind, finding.where.removeprefix(f"{root}/")) for finding in chart.findings]


@pytest.fixture
def zoo(tmp_path) -> Path:
    folder = tmp_path / "zoo"
    folder.mkdir()
    for part in PARTS:
        shutil.copytree(SHIPPED / part, folder / part)
    shutil.copy(SHIPPED / "manifest.json", folder)
    return folder


def test_the_shipped_weights_fit_and_are_those_of_the_manifest():
    chart = examine_weights(stages(), SHIPPED, NOWHERE)
    assert chart.findings == []
    assert [chart.facts[f"zoo: {SHIPPED / part}"].endswith("as installed") for part in PARTS] == [True] * len(PARTS)
    assert f"segmenter: {SHIPPED / 'segmenter' / 'model.safetensors'}" in chart.facts


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def test_everything_that_is_off_is_found_at_once(zoo):
    (zoo / "vision" / "config.json").unlink()
    cut(zoo / "audio" / "model.safetensors")
    llm = json.loads((zoo / "llm" / "config.json").read_text())
    (zoo / "llm" / "config.json").write_text(json.dumps(llm | {"intermediate_size": 8}))
    (zoo / "llm" / "tokenizer.json").unlink()
    shutil.rmtree(zoo / "phase1_audio")
    shutil.copy(zoo / "segmenter" / "model.safetensors", zoo / "grounder")
    cut(zoo / "segmenter" / "model.safetensors")
    chart = examine_weights(stages(f"paths.zoo={zoo}"), zoo, NOWHERE)
    assert off(chart, zoo) == [
        (Kind.bad_weights, "vision"), (Kind.bad_weights, "audio"), (Kind.bad_weights, "llm"),
        (Kind.missing_weights, "llm/tokenizer.json"), (Kind.missing_weights, "phase1_audio"),
        (Kind.bad_weights, "grounder"), (Kind.bad_weights, "segmenter/model.safetensors"),
        *((Kind.other_weights, part) for part in ("vision", "audio", "llm", "grounder", "segmenter")),
    ]  # fmt: skip
    told = [finding.what for finding in chart.findings]
    assert told[0].startswith(f"{zoo}/vision/config.json: no such file or folder. Train the tiny one with")
    assert "not a readable safetensors file" in told[1]
    assert "12 of another shape: model.layers.0.mlp.down_proj.weight is (128, 336), the model has" in told[2]
    assert told[5].startswith(f"{zoo}/grounder/model.safetensors does not fit GroundingDinoForObjectDetection")
    assert told[7:9] == ["config.json is missing", "model.safetensors has changed"]


def test_branches_of_another_size_are_found_when_all_is_put_together(zoo):
    chart = thinker_chart(zoo, "thinker.qformer.queries.audio=9")
    assert off(chart, zoo.parent) == [(Kind.bad_weights, "zoo")]
    assert "phase1_audio (scale 'tiny') does not fit Branch: 1 of another shape" in chart.findings[0].what


def test_a_checkpoint_is_looked_at_too(zoo):
    chart = thinker_chart(zoo, checkpoint=zoo / "none")
    assert off(chart, zoo) == [(Kind.missing_weights, "none")]
    assert "+experiment=phase2_lora" in chart.findings[0].what
    chart = thinker_chart(zoo, checkpoint=zoo / "phase1_audio")  # trained parts, but not phase 2's
    assert off(chart, zoo.parent) == [(Kind.bad_weights, "zoo")]
    assert "does not fit RefThinker" in chart.findings[0].what


def test_weights_without_a_manifest_are_noted(zoo):
    (zoo / "manifest.json").unlink()
    assert off(examine_weights(stages(f"paths.zoo={zoo}"), zoo, NOWHERE), zoo.parent) == [(Kind.no_manifest, "zoo")]


def test_the_paper_s_weights_are_named_where_they_belong_and_where_they_come_from():
    chart = examine_weights(stages("scale=paper"), SHIPPED, NOWHERE)
    assert {finding.kind for finding in chart.findings} == {Kind.missing_weights}
    assert [finding.where.removeprefix("<paths.weights>/") for finding in chart.findings] == [
        "clip-vit-large-patch14", "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt", "Llama-2-7b-chat-hf",
        "Llama-2-7b-chat-hf/tokenizer.json", "phase1_visual", "phase1_audio", "groundingdino_swint_ogc.pth",
        "bert-base-uncased", "sam2.1_hiera_large.pt",
    ]  # fmt: skip
    told = [finding.what for finding in chart.findings]
    assert told[1] == (
        "<paths.weights>/BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt is missing: BEATs iter3+ (AS2M), fine-tuned "
        "(cpt2), size: 363.1 MB, licence: MIT; https://github.com/microsoft/unilm/tree/master/beats"
    )
    assert told[2].endswith(
        "Llama 2 7B chat, size: 13.5 GB, licence: Llama 2 Community, gated; "
        "https://huggingface.co/meta-llama/Llama-2-7b-chat-hf"
    )
    assert told[4].endswith("made: python -m tgs.convert phase1 WEIGHTS/visual_pretrain.bin --to WEIGHTS/phase1_visual")


def test_a_detector_that_lacks_its_words_is_there_but_not_loaded(tmp_path):
    (tmp_path / "groundingdino_swint_ogc.pth").touch()
    chart = examine_weights(stages(f"paths.weights={tmp_path}", "grounder=paper"), SHIPPED, tmp_path)
    assert off(chart, tmp_path) == [(Kind.missing_weights, "bert-base-uncased")]
    assert chart.facts[f"grounder: {tmp_path}/groundingdino_swint_ogc.pth"].startswith("there; not loaded")
