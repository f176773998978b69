"""A small benchmark in the layout of stickers, without any fault, to copy and damage."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from tgs.data.files import BenchmarkFiles
from tgs.data.media import write_masks
from tgs.doctor.examine import examine_benchmark
from tgs.doctor.finding import Finding

ROWS = """vid,uid,split,fid,exp
a_0_10000,a_0_10000_dog_1,train,1,The dog on the left.
a_0_10000,a_0_10000_cat_2,train,2,"The cat, silent."
b_0_10000,b_0_10000_cat_1,test_s,1,The silent cat.
b_0_10000,b_0_10000_cat_2,test_s,1,The one that is heard last.
b_0_10000,null_c-b_0_10000_null_1,test_n,0,The sounding object
"""
FOLDERS = ("a_0_10000", "b_0_10000", "null_c-b_0_10000")
HEIGHT_PX, WIDTH_PX = 12, 16


@dataclass
class Copy:
    """A benchmark of its own, to be damaged."""

    root: Path

    @property
    def files(self) -> BenchmarkFiles:
        root = self.root
        return BenchmarkFiles(
            "made", root / "metadata.csv", root / "media", root / "gt_mask", instructions=root / "instructions.json"
        )

    @property
    def record(self) -> Path:
        return self.root.parent / "record"

    def edit_csv(self, old: str, new: str) -> None:
        text = self.files.csv.read_text()
        assert old in text
        self.files.csv.write_text(text.replace(old, new), newline="")

    def frame(self, name: str, size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)) -> None:
        Image.new("RGB", size, (90, 90, 90)).save(self.root / "media" / name)

    def mask(self, name: str, levels: list[int], size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)) -> None:
        """Its first pixels have these levels, the others are 0."""
        mask = np.zeros(size[::-1], np.uint8)
        mask[0, : len(levels)] = levels
        Image.fromarray(mask).save(self.root / "gt_mask" / name)

    def sound(self, folder: str, wave: np.ndarray, subtype: str = "PCM_16") -> None:
        soundfile.write(self.root / "media" / folder / "audio.wav", wave, 16_000, subtype=subtype)

    @staticmethod
    def noise(seconds: float = 10.0, peak: float = 0.3) -> np.ndarray:
        """A fixed noise, uniform in +-peak."""
        return np.random.default_rng(0).uniform(-peak, peak, int(16_000 * seconds))

    def examine(self, **settings) -> list[Finding]:
        charts = examine_benchmark(self.files, self.record, **{"clips": True, "workers": 1} | settings)
        return [finding for chart in charts.values() for finding in chart.findings]


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Path:
    """Not to be changed."""
    made = Copy(tmp_path_factory.mktemp("whole"))
    made.files.csv.write_text(ROWS, newline="")
    for folder in FOLDERS:
        frames = made.root / "media" / folder / "frames"
        frames.mkdir(parents=True)
        for index in range(10):
            made.frame(f"{folder}/frames/{index}.jpg")
        made.sound(folder, made.noise())
    masks_NHW = np.zeros((10, HEIGHT_PX, WIDTH_PX), bool)
    write_masks(made.files.masks, FOLDERS[2], 0, masks_NHW)
    masks_NHW[2:, 3:6, 4:9] = True
    for folder, fid in (("a_0_10000", 1), ("a_0_10000", 2), ("b_0_10000", 1)):
        write_masks(made.files.masks, folder, fid, masks_NHW)
    answers = {uid: {"output": "<think>"} for uid in ("a_0_10000_dog_1", "a_0_10000_cat_2")}
    made.files.instructions.write_text(json.dumps(answers))
    return made.root


@pytest.fixture
def make_copy(whole, tmp_path) -> Callable[[str], Copy]:
    """Copies it under a name."""

    def make(name: str = "made") -> Copy:
        shutil.copytree(whole, tmp_path / name)
        return Copy(tmp_path / name)

    return make


@pytest.fixture
def copy(make_copy) -> Copy:
    """A fresh copy."""
    return make_copy()
