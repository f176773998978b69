"""A made-up benchmark of a few tiny clips, in Ref-AVSBench's layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from tgs.data.files import BenchmarkFiles
from tgs.data.media import write_masks

ROWS = """vid,uid,split,fid,exp
a_0_10000,a_0_10000_dog_1,train,1,The dog on the left.
a_0_10000,a_0_10000_dog_2,train,1,"The dog, barking."
b_0_10000,b_0_10000_cat_1,test_s,1,The silent cat.
b_0_10000,b_0_10000_drum_1,test_s,2,The first object to make a sound.
c_0_10000,c_0_10000_lion_1,test_u,1,The lion.
x_0_10000,x_0_10000_fox_1,TODO,1,
c_0_10000,null_c-c_0_10000_null_1,test_n,0,The sounding object
b_0_10000,b_0_10000_cat_2,test_s,1,The cat.
"""


class Maker:
    """Writes clips below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = BenchmarkFiles(
            "made", root / "metadata.csv", root / "media", root / "gt_mask", root / "media_cross"
        )

    def csv(self, text: str) -> Path:
        self.files.csv.write_text(text, newline="")
        return self.files.csv

    def frames(self, folder: str, count: int = 10, size: tuple[int, int] = (12, 16)) -> Path:
        """Frame i is gray of value 20 i."""
        target = self.files.media / folder / "frames"
        target.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            Image.new("RGB", size[::-1], (20 * index,) * 3).save(target / f"{index}.jpg")
        return target

    def wave(self, path: Path, wave: np.ndarray | None = None, rate_hz: int = 16000, subtype: str = "PCM_16") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(1600) if wave is None else wave, rate_hz, subtype=subtype)
        return path

    def clip(self, folder: str, **frames) -> None:
        self.frames(folder, **frames)
        self.wave(self.files.media / folder / "audio.wav")

    def masks(self, folder: str, fid: int, count: int = 10, size: tuple[int, int] = (12, 16)) -> np.ndarray:
        """Frame i has its first i pixels of row `fid` set."""
        masks = np.zeros((count, *size), dtype=bool)
        for index in range(count):
            masks[index, fid, :index] = True
        write_masks(self.files.masks, folder, fid, masks)
        return masks


@pytest.fixture
def maker(tmp_path) -> Maker:
    """An empty benchmark to fill."""
    return Maker(tmp_path)


@pytest.fixture
def benchmark(maker) -> Maker:
    """Four clips, seven references."""
    maker.csv(ROWS)
    for folder in ("a_0_10000", "b_0_10000", "c_0_10000"):
        maker.clip(folder)
        for fid in (1, 2):
            maker.masks(folder, fid)
    maker.clip("null_c-c_0_10000")
    return maker
