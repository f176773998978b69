"""Shipped weights are scored again by their stage's own validation."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from tgs.errors import DataError, WeightsError
from tgs.lit.zoo.llm_data import thinker_tokenizer
from tgs.zoo.measure import measure
from tgs.zoo.parts import SHIPPED

ONE = ["data.val_batches=1"]


@pytest.mark.slow
def test_the_segmenter_scores_by_the_weights_in_the_zoo(tmp_path):
    shutil.copytree(SHIPPED / "segmenter", tmp_path / "segmenter")
    as_shipped = measure("segmenter", tmp_path, tmp_path / "runs", ONE)["val/followed"]
    assert 0.7 < as_shipped < 1
    weights = tmp_path / "segmenter" / "model.safetensors"
    state = load_file(weights)
    save_file({name: torch.zeros_like(value) for name, value in state.items()}, weights)
    assert measure("segmenter", tmp_path, tmp_path / "runs", ONE)["val/followed"] < 0.5


@pytest.mark.slow
def test_the_grounder_needs_no_backbone_beside_it(tmp_path):
    assert measure("grounder", SHIPPED, tmp_path, ONE)["val/hit50"] > 0.5


def test_an_encoder_without_its_heads_cannot_be_measured(tmp_path):
    with pytest.raises(DataError, match=r"heads that audio is scored through are not shipped.*zoo_audio/last\.ckpt"):
        measure("audio", SHIPPED, tmp_path)


def test_a_language_model_of_other_words_does_not_fit(tmp_path):
    folder = tmp_path / "llm"
    shutil.copytree(SHIPPED / "llm", folder)
    words = thinker_tokenizer()
    words.add_tokens(["zebra"])
    words.save_pretrained(str(folder))
    with pytest.raises(WeightsError, match="its tokenizer has other words"):
        measure("llm", tmp_path, tmp_path)
