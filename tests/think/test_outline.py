"""Weights are told to fit, or not, without reading the language model's."""

import json

import pytest
import torch

from tgs.errors import WeightsError
from tgs.think.build import build_ref_thinker
from tgs.think.checkpoints import save_trained
from tgs.think.encoders.beats import Beats, BeatsConfig
from tgs.think.encoders.beats_weights import save_beats
from tgs.think.encoders.clip import ClipEncoder, save_clip
from tgs.think.llm import check_llm, load_llm, random_llm, save_llm
from tgs.think.outline import check_whole, part_checks


@pytest.fixture(params=[True, False], ids=["tied", "untied"])
def folder(request, sizes, tmp_path):
    """A language model in four shards, as transformers writes them."""
    random_llm(sizes.llm | {"tie_word_embeddings": request.param}).save_pretrained(tmp_path, max_shard_size="10KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    return tmp_path


def test_a_language_model_in_shards_fits(folder):
    check_llm(folder)
    load_llm(folder)


def test_a_missing_shard_and_a_cut_one_are_named(folder):
    shard = sorted(folder.glob("*.safetensors"))[1]
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1])
    with pytest.raises(WeightsError, match=rf"{shard.name}: not a readable safetensors file"):
        check_llm(folder)
    shard.unlink()
    with pytest.raises(WeightsError, match=rf"{shard.name}: no such file or folder"):
        check_llm(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_hidden_layers": 3}, r"9 missing: model\.layers\.2"),
        ({"num_hidden_layers": 1}, r"9 unexpected: model\.layers\.1"),
        ({"intermediate_size": 40}, r"6 of another shape: .*down_proj\.weight is \(24, 48\), the model has \(24, 40\)"),
    ],
)
def test_other_sizes_do_not_fit(folder, change, message):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(WeightsError, match=message):
        check_llm(folder)


@pytest.fixture
def settings(sizes, tokenizer, tmp_path):
    """All parts on disk; the language model lacks the special tokens, as a published one does."""
    torch.manual_seed(5)
    save_clip(ClipEncoder(sizes.vision), tmp_path / "vision")
    save_beats(Beats(BeatsConfig(**sizes.audio)), tmp_path / "audio")
    save_llm(random_llm(sizes.llm), tokenizer, tmp_path / "llm", dtype=torch.bfloat16)
    return {
        "vision": {"path": "vision", "layer": -1},
        "audio": {"path": "audio"},
        "qformer": sizes.qformer | {"queries": sizes.queries, "match_embeddings": True},
        "llm": {"path": "llm", "dtype": "bfloat16", "lora": {"rank": 2, "alpha": 4, "dropout": 0.0}},
        "template": "brief",
        "max_new_tokens": 5,
        "weights": tmp_path,
        "branches": "random",
    }


def test_a_whole_thinker_and_its_checkpoint(settings, tmp_path):
    save_trained(build_ref_thinker(**settings), tmp_path / "run", {})
    checks = {one.place: one.check for one in part_checks(settings, tmp_path / "run")}
    assert [place.relative_to(tmp_path).as_posix() for place in checks] == [
        "vision", "audio", "llm", "llm/tokenizer.json", "run",
    ]  # fmt: skip
    for check in checks.values():
        check()
    check_whole(settings, tmp_path / "run")
    lora = settings["llm"] | {"lora": {"rank": 3, "alpha": 4, "dropout": 0.0}}
    with pytest.raises(WeightsError, match=r"28 of another shape: llm.*lora_A"):
        check_whole(settings | {"llm": lora}, tmp_path / "run")


def test_parts_that_start_random_need_no_files(settings, sizes, tmp_path):
    settings |= {"vision": {"random": sizes.vision}, "branches": "phase1"}
    places = [one.place.relative_to(tmp_path).as_posix() for one in part_checks(settings)]
    assert places == ["audio", "llm", "llm/tokenizer.json", "phase1_visual", "phase1_audio"]
