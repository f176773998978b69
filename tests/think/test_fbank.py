import math

import pytest
import torch

from tgs.errors import DataError
from tgs.think.encoders.fbank import MELS, equal_segments, log_mel, whole_seconds


def test_a_second_gives_98_frames_of_128_mels_that_equal_kaldi(sweep):
    fbank = log_mel(sweep[None])
    assert fbank.shape == (1, 98, 128)
    assert fbank.dtype == torch.float32
    # torchaudio 2.11.0, compliance.kaldi.fbank(wave * 2**15, num_mel_bins=128, sample_frequency=16000,
    # frame_length=25, frame_shift=10), then (x - 15.41663) / (2 * 6.55582).
    golden = {
        (0, 0): -0.1078670, (0, 127): 0.5364214, (10, 20): 0.1230783, (33, 64): 0.1381059, (34, 54): 0.2628574,
        (50, 100): 0.3453084, (97, 3): -2.3916929, (97, 127): 0.5352430,
    }  # fmt: skip
    for (frame, mel), value in golden.items():
        assert float(fbank[0, frame, mel]) == pytest.approx(value, abs=1e-5)
    assert float(fbank.mean()) == pytest.approx(0.2565942, abs=1e-6)
    # A quiet bin beside loud ones, where float32 itself is good to 3e-5: a window rounded from float64 is 9e-5 off.
    assert float(fbank[0, 90, 5]) == pytest.approx(-0.7644166, abs=5e-5)


def test_silence_sits_on_the_floor():
    floor = (math.log(2**-23) - 15.41663) / (2 * 6.55582)
    assert torch.allclose(log_mel(torch.zeros(1, 16000)), torch.tensor(floor))


def test_constant_offset_is_removed(sweep):
    wave = sweep[:3000][None]
    assert torch.allclose(log_mel(wave), log_mel(wave + 0.25), atol=2e-2)


def test_twice_the_loudness_adds_the_same_everywhere(sweep):
    wave = sweep[:3000][None]
    quiet, loud = log_mel(wave), log_mel(2 * wave)
    above_floor = quiet > -2.3
    assert torch.allclose((loud - quiet)[above_floor], torch.tensor(2 * math.log(2) / (2 * 6.55582)), atol=1e-4)


def test_rows_do_not_touch_each_other(sweep):
    rows = torch.stack([sweep[:4000], torch.zeros(4000), sweep[:4000].flip(0)])
    together = log_mel(rows)
    assert torch.equal(together, torch.cat([log_mel(row[None]) for row in rows]))


def test_autocast_does_not_reach_the_spectrogram(sweep):
    wave = sweep[:4000][None]
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(log_mel(wave), log_mel(wave))
        inside = log_mel(wave)
    assert torch.equal(inside, log_mel(wave))


@pytest.mark.parametrize("shape", [(16000,), (1, 399), (1, 2, 16000)])
def test_what_is_no_row_of_sound_is_refused(shape):
    with pytest.raises(DataError, match="log_mel"):
        log_mel(torch.zeros(shape))


def test_segments_are_equal_and_drop_the_remainder():
    segments = equal_segments(torch.arange(23.0), 10)
    assert segments.shape == (10, 2)
    assert segments[9].tolist() == [18, 19]  # samples 20 to 22 are dropped
    with pytest.raises(DataError, match="3 samples"):
        equal_segments(torch.zeros(3), 10)


def test_seconds_are_true_seconds_and_the_last_is_filled_with_silence():
    seconds = whole_seconds(torch.ones(16001))
    assert seconds.shape == (2, 16000)
    assert seconds.sum() == 16001
    assert float(seconds[1, 0]) == 1
    with pytest.raises(DataError, match="0 samples"):
        whole_seconds(torch.zeros(0))


def test_frames_fit_the_patches_of_beats():
    assert MELS % 16 == 0
    assert log_mel(torch.zeros(1, 400)).shape == (1, 1, 128)
    assert log_mel(torch.zeros(1, 559)).shape == (1, 1, 128)
    assert log_mel(torch.zeros(1, 560)).shape == (1, 2, 128)
