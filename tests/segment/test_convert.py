"""A published SAM 2 file, converted once, is the same segmenter."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.segment.test_published import TINY, write
from tgs.convert import main
from tgs.errors import WeightsError
from tgs.segment.convert import convert
from tgs.segment.sam2 import Sam2, build

FRAMES = np.random.default_rng(0).integers(0, 256, (2, 36, 64, 3), dtype=np.uint8)
BOXES = [[np.array([[5, 5, 30, 20]], np.float32), np.array([[20, 2, 60, 30]], np.float32)]]


def test_a_folder_segments_as_the_file_it_was_made_of(tmp_path: Path) -> None:
    torch.manual_seed(0)
    file = write(build(TINY), tmp_path / "mine.pt")
    main(["segmenter", str(file), "--config", str(TINY), "--to", str(tmp_path / "folder")])
    assert {path.name for path in (tmp_path / "folder").iterdir()} == {
        "config.yaml",
        "manifest.json",
        "model.safetensors",
    }
    ours, theirs = Sam2(weights=tmp_path / "folder"), Sam2(weights=file, config=TINY)
    for mine, expected in zip(ours.segment(FRAMES, BOXES), theirs.segment(FRAMES, BOXES), strict=True):
        assert np.array_equal(mine.soft_NHW, expected.soft_NHW)
    (source,) = json.loads((tmp_path / "folder" / "manifest.json").read_text())["source"]
    assert (source["name"], source["bytes"]) == ("mine.pt", file.stat().st_size)


def test_a_published_name_tells_the_config(tmp_path: Path) -> None:
    config = "configs/sam2.1/sam2.1_hiera_t.yaml"
    model = build(config)
    convert(write(model, tmp_path / "sam2.1_hiera_tiny.pt"), tmp_path / "folder")
    loaded = Sam2(weights=tmp_path / "folder").model.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in model.state_dict().items())


def test_what_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    file = write(build(TINY), tmp_path / "mine.pt")
    with pytest.raises(WeightsError, match=r"mine\.pt: no published name.*--config"):
        convert(file, tmp_path / "folder")
    with pytest.raises(WeightsError, match=r"mine\.pt does not fit SAM2Base"):
        convert(file, tmp_path / "folder", "configs/sam2/sam2_hiera_t.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.pt"]
