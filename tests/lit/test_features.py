"""Features that are kept: what was encoded once is not encoded again until something that made it changes."""

import numpy as np
import pytest
import torch
from torch import nn

from tgs.errors import DataError, WeightsError
from tgs.lit.features import FeatureBank
from tgs.think.feature_files import FeatureFiles, digest_module
from tgs.think.features import Features
from tgs.types import Clip


class StandInThinker:
    """Two linear layers for encoders; counts what it encodes."""

    def __init__(self):
        self.vision, self.audio = nn.Linear(2, 2), nn.Linear(2, 2)
        self.vision.layer = -2
        for module, value in ((self.vision, 0.5), (self.audio, 0.25)):
            nn.init.constant_(module.weight, value)
            nn.init.zeros_(module.bias)
        self.encoded = []

    def encode(self, clips):
        (clip,) = clips
        self.encoded.append(clip.vid)
        video = torch.full((1, 1, 1, 2), float(clip.frames_NHWC.sum())) @ self.vision.weight.detach()
        return Features(video, None if clip.vid == "still" else torch.ones(1, 1, 3, 2))


NAMES = ["a", "b", "still"]


@pytest.fixture
def pixels():
    return {"a": 1, "b": 2, "still": 3}


@pytest.fixture
def fill(tmp_path, pixels):
    def load(names):
        for name in names:
            yield Clip(name, np.full((1, 1, 1, 3), pixels[name], np.uint8), np.zeros(0, np.float32))

    def one(thinker, folder=tmp_path / "features", **share):
        thinker.encoded = []
        bank = FeatureBank(folder)
        bank.fill(thinker, NAMES, load, lambda name: f"{name} {pixels[name]}", **share)
        return bank, thinker.encoded

    return one


def test_a_second_run_encodes_nothing_and_reads_the_same(fill):
    first, encoded = fill(StandInThinker())
    assert encoded == NAMES
    second, encoded = fill(StandInThinker())
    assert encoded == []
    for bank in (first, second):
        a, still = bank.batch(["a", "still"], torch.device("cpu"))
        assert a.video_BNPD.tolist() == [[[[3.0, 3.0]]]]  # 3 channels x 1, twice, x 0.5
        assert a.video_BNPD.dtype is torch.float32
        assert a.audio_BNAD.shape == (1, 1, 3, 2)
        assert still.audio_BNAD is None


def test_processes_share_the_encoding_of_what_is_kept_on_disk_alone(fill):
    first, encoded = fill(StandInThinker(), process=0, processes=2)
    assert encoded == ["a", "still"]
    second, encoded = fill(StandInThinker(), process=1, processes=2)
    assert encoded == ["b"]
    for bank in (first, second):
        videos = [one.video_BNPD.max().item() for one in bank.batch(NAMES, torch.device("cpu"))]
        assert videos == [3.0, 6.0, 9.0]  # 3 channels x 1, 2 and 3, twice, x 0.5
    assert fill(StandInThinker(), folder=None, process=1, processes=2)[1] == NAMES


def test_in_memory_every_run_encodes_anew_and_asks_for_no_digest(fill):
    for _ in range(2):
        bank, encoded = fill(StandInThinker(), folder=None)
        assert encoded == NAMES
        assert bank.batch(["b"], torch.device("cpu"))[0].video_BNPD.tolist() == [[[[6.0, 6.0]]]]


def test_changed_media_are_encoded_again_and_no_others(fill, pixels):
    fill(StandInThinker())
    pixels["b"] = 7
    bank, encoded = fill(StandInThinker())
    assert encoded == ["b"]
    assert bank.batch(["b"], torch.device("cpu"))[0].video_BNPD.tolist() == [[[[21.0, 21.0]]]]


def test_other_encoders_have_files_of_their_own(fill):
    fill(StandInThinker())
    other, deeper, louder = StandInThinker(), StandInThinker(), StandInThinker()
    with torch.no_grad():
        other.vision.weight[0, 0] += 1e-3
        louder.audio.bias[1] = -0.5
    deeper.vision.layer = -1
    for thinker in (other, deeper, louder):
        assert fill(thinker)[1] == NAMES
    assert fill(StandInThinker())[1] == []


def test_a_digest_knows_numbers_names_shapes_and_kinds():
    def linear():
        torch.manual_seed(0)
        return nn.Linear(2, 2)

    same = {digest_module(linear()) for _ in range(2)}
    assert len(same) == 1
    assert digest_module(linear().half()) not in same
    assert digest_module(nn.Sequential(linear())) not in same


def test_damaged_and_infinite_features_are_refused(tmp_path):
    files = FeatureFiles(tmp_path, "encoders")
    with pytest.raises(DataError, match="not finite in float16"):
        files["m"] = Features(torch.full((1, 1, 1, 1), 1e6), None)
    assert "m" not in files
    files["m"] = Features(torch.ones(1, 1, 1, 1), None)
    (file,) = tmp_path.rglob("*.safetensors")
    file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(WeightsError, match=r"not a readable safetensors file.*Remove it"):
        files["m"]
