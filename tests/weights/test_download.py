"""Fetching from the hub, which a server on this machine stands in for."""

import os
import time

import pytest

from tgs.errors import WeightsError
from tgs.weights.catalogue import CATALOGUE
from tgs.weights.download import fetch

CLIP, LLAMA, SAM = (
    CATALOGUE[place] for place in ("clip-vit-large-patch14", "Llama-2-7b-chat-hf", "sam2_hiera_tiny.pt")
)
CLOSED = "http://127.0.0.1:9"
"""The port `discard`, where nobody listens."""


def test_only_the_files_that_are_read_come_and_only_once(hub, tmp_path):
    files = {
        "config.json": b"{}",
        "model.safetensors": b"weights",
        "pytorch_model.bin": b"again",
        "tf_model.h5": b"again",
    }
    hub.repositories["openai/clip-vit-large-patch14"] = files
    fetch(CLIP, tmp_path, hub.endpoint)
    assert sorted(hub.fetched) == [("config.json", 0), ("model.safetensors", 0)]
    assert (tmp_path / CLIP.place / "model.safetensors").read_bytes() == b"weights"
    assert not (tmp_path / CLIP.place / "pytorch_model.bin").exists()
    hub.fetched.clear()
    fetch(CLIP, tmp_path, hub.endpoint)
    assert hub.fetched == []


def test_a_llama_comes_as_safetensors_without_its_pickles_and_originals(hub, tmp_path):
    shards = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    words = ["tokenizer.json", "tokenizer.model", "tokenizer_config.json"]
    wanted = ["config.json", "model.safetensors.index.json", *shards, *words]
    left = [
        "pytorch_model-00001-of-00002.bin",
        "pytorch_model.bin.index.json",
        "original/consolidated.00.pth",
        "README.md",
    ]
    hub.repositories[LLAMA.repository] = {name: name.encode() for name in (*wanted, *left)}
    fetch(LLAMA, tmp_path, hub.endpoint)
    assert sorted(name for name, _ in hub.fetched) == sorted(wanted)


def test_a_file_comes_to_the_folder_itself_and_one_that_is_there_is_kept(hub, tmp_path):
    hub.repositories[SAM.repository] = {SAM.place: b"published", "sam2_hiera_t.yaml": b""}
    (tmp_path / SAM.place).write_bytes(b"published")  # copied by hand: its digest is the hub's
    fetch(SAM, tmp_path, hub.endpoint)
    assert hub.fetched == []
    (tmp_path / SAM.place).write_bytes(b"cut of")
    os.utime(
        tmp_path / SAM.place, (time.time() + 60, time.time() + 60)
    )  # it is told apart by its time, within a second
    fetch(SAM, tmp_path, hub.endpoint)
    assert (tmp_path / SAM.place).read_bytes() == b"published"
    assert hub.fetched == [(SAM.place, 0)]


def test_a_broken_download_goes_on_where_it_broke(hub, tmp_path):
    data = bytes(range(256)) * 48 * 1024  # 12 MiB, which huggingface_hub writes by tens
    hub.repositories[SAM.repository], hub.sends = {SAM.place: data}, 11 * 2**20
    fetch(SAM, tmp_path, hub.endpoint)
    assert hub.fetched == [(SAM.place, 0), (SAM.place, 10 * 2**20)]
    assert (tmp_path / SAM.place).read_bytes() == data


def test_a_gated_repository_says_what_to_accept_and_which_token(hub, tmp_path):
    hub.repositories[LLAMA.repository], hub.gated = {"config.json": b"{}"}, {LLAMA.repository}
    with pytest.raises(
        WeightsError, match=r"is gated: accept its licence at https://huggingface\.co/meta-llama/Lla.*HF_TOKEN"
    ):
        fetch(LLAMA, tmp_path, hub.endpoint)
    assert hub.fetched == []


def test_a_hub_out_of_reach_is_told_even_where_the_folder_is_there(tmp_path):
    """`snapshot_download` would return the folder as it is."""
    (tmp_path / CLIP.place).mkdir()
    (tmp_path / CLIP.place / "config.json").write_text("{}")
    with pytest.raises(WeightsError, match=r"clip-vit-large-patch14: openai/.*not fetched \(ConnectError.*HF_ENDPOINT"):
        fetch(CLIP, tmp_path, CLOSED)
    with pytest.raises(WeightsError, match="not fetched"):
        fetch(SAM, tmp_path, CLOSED)


def test_a_repository_that_is_not_there_or_lacks_the_files_is_told(hub, tmp_path):
    with pytest.raises(
        WeightsError, match=r"is not on the hub, or is private: see https://huggingface\.co/facebook/sam2"
    ):
        fetch(SAM, tmp_path, hub.endpoint)
    hub.repositories[SAM.repository] = {"README.md": b""}
    with pytest.raises(WeightsError, match=r"sam2-hiera-tiny has no sam2_hiera_tiny\.pt"):
        fetch(SAM, tmp_path, hub.endpoint)
