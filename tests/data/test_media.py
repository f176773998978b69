"""Frames, sounds and masks: any size, any rate, and every fault named."""

import numpy as np
import pytest
import soundfile
from PIL import Image

from tgs.data.media import load_clip, load_masks, write_masks
from tgs.data.sound import load_wave
from tgs.errors import DataError


def test_a_clip_has_its_frames_in_order_and_its_sound(maker):
    maker.clip("v_0_10000", size=(9, 21))
    clip = load_clip(maker.files.media, "v_0_10000")
    assert clip.vid == "v_0_10000"
    assert clip.frames_NHWC.shape == (10, 9, 21, 3)
    assert clip.frames_NHWC.dtype == np.uint8
    assert clip.frames_NHWC[:, 4, 4, 0] == pytest.approx(20 * np.arange(10), abs=3)
    assert (clip.wave_S.dtype, clip.wave_S.shape) == (np.float32, (1600,))


def test_gray_frames_become_three_channels(maker):
    maker.clip("v_0_10000")
    Image.new("L", (16, 12), 77).save(maker.files.media / "v_0_10000" / "frames" / "3.jpg")
    frame = load_clip(maker.files.media, "v_0_10000").frames_NHWC[3]
    assert frame.shape == (12, 16, 3)
    assert frame == pytest.approx(77, abs=1)


def test_clips_of_another_length_are_read_when_asked_for(maker):
    maker.clip("v_0_10000", count=4)
    assert len(load_clip(maker.files.media, "v_0_10000", n_frames=4).frames_NHWC) == 4


def test_null_clips_take_the_crossed_sound_where_there_is_one(maker):
    """Only clips of null rows do; without `media_cross`, or if it lacks the clip, their own folder counts."""
    files, loud = maker.files, np.full(800, 0.5)
    for folder in ("null_c-v_0_10000", "null_m-v_0_10000", "v_0_10000"):
        maker.clip(folder)
    for folder in ("null_c-v_0_10000", "v_0_10000"):
        maker.wave(files.media_cross / folder / "audio.wav", loud)

    def length(folder, media_cross):
        return len(load_clip(files.media, folder, media_cross=media_cross).wave_S)

    assert length("null_c-v_0_10000", files.media_cross) == 800
    assert length("null_c-v_0_10000", None) == 1600
    assert length("null_m-v_0_10000", files.media_cross) == 1600
    assert length("v_0_10000", files.media_cross) == 1600


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_U8", "FLOAT"])
def test_any_sample_type_is_read_and_channels_are_averaged(maker, subtype):
    wave_SC = np.tile([0.5, -0.25, 0.125], (320, 1))
    path = maker.wave(maker.root / "a.wav", wave_SC, subtype=subtype)
    assert load_wave(path) == pytest.approx(np.full(320, 0.125), abs=5e-3)


@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 48000])
def test_any_rate_becomes_16_khz_without_moving_the_pitch(maker, rate_hz):
    time_s = np.arange(rate_hz) / rate_hz
    tone = 0.5 * np.sin(2 * np.pi * 440 * time_s)
    wave_S = load_wave(maker.wave(maker.root / "a.wav", np.stack([tone, tone], axis=1), rate_hz, "FLOAT"))
    assert wave_S.dtype == np.float32
    assert len(wave_S) == 16000
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert wave_S[800:-800] == pytest.approx(expected[800:-800], abs=2e-3)  # the ends ring


def test_frames_that_are_missing_superfluous_or_odd_are_named(maker):
    frames = maker.frames("v")
    (frames / "3.jpg").rename(frames / "10.jpg")
    with pytest.raises(DataError, match=r"frame 3\.jpg is missing in .*v/frames \(1 of 10"):
        load_clip(maker.files.media, "v")
    maker.frames("v")
    with pytest.raises(DataError, match=r"holds 11 frames where 10 belong, up to 10\.jpg.*n_frames=11"):
        load_clip(maker.files.media, "v")
    (frames / "10.jpg").unlink()
    Image.new("RGB", (16, 14)).save(frames / "5.jpg")
    with pytest.raises(DataError, match=r"5\.jpg is 16x14, but 0\.jpg beside it is 16x12"):
        load_clip(maker.files.media, "v")
    with pytest.raises(DataError, match=r"frame 0\.jpg is missing .*\(10 of 10"):
        load_clip(maker.files.media, "nobody")


@pytest.mark.parametrize("content", [b"", b"no picture at all", None], ids=["empty", "text", "cut off"])
def test_unreadable_frames_are_named(maker, content):
    path = maker.frames("v", size=(64, 64)) / "7.jpg"
    path.write_bytes(path.read_bytes()[:300] if content is None else content)
    with pytest.raises(DataError, match=r"7\.jpg cannot be read.*Replace it"):
        load_clip(maker.files.media, "v")


def test_unusable_sounds_are_named(maker):
    maker.frames("v")
    path = maker.files.media / "v" / "audio.wav"
    with pytest.raises(DataError, match=r"audio\.wav does not exist"):
        load_clip(maker.files.media, "v")
    maker.wave(path, np.zeros(0))
    with pytest.raises(DataError, match=r"audio\.wav has no samples"):
        load_clip(maker.files.media, "v")
    path.write_bytes(b"RIFF, but not really")
    with pytest.raises(DataError, match=r"audio\.wav cannot be read"):
        load_clip(maker.files.media, "v")
    maker.wave(path, np.array([0.0, np.nan, 0.0]), subtype="FLOAT")
    with pytest.raises(DataError, match=r"audio\.wav holds values that are no numbers"):
        load_clip(maker.files.media, "v")


def test_masks_come_back_as_they_were_written(maker):
    masks = np.random.default_rng(0).random((10, 7, 5)) < 0.5
    masks[4] = False
    write_masks(maker.files.masks, "v", 12, masks)
    path = maker.files.masks / "v" / "fid_12" / "00003.png"
    with Image.open(path) as image:
        assert image.mode == "L"
        assert set(np.unique(np.asarray(image))) == {0, 255}
    assert (load_masks(maker.files.masks, "v", 12, frame_hw=(7, 5)) == masks).all()


def test_any_gray_value_above_0_is_foreground(maker):
    maker.masks("v", 1)
    values = np.array([[0, 1, 128, 255]], np.uint8)
    for index in range(10):
        Image.fromarray(values).save(maker.files.masks / "v" / "fid_1" / f"{index:05d}.png")
    assert load_masks(maker.files.masks, "v", 1)[9].tolist() == [[False, True, True, True]]


def test_unusable_masks_are_named(maker):
    maker.masks("v", 1)
    path = maker.files.masks / "v" / "fid_1" / "00002.png"
    with pytest.raises(DataError, match=r"fid_4/00000\.png does not exist.*fid of the csv row"):
        load_masks(maker.files.masks, "v", 4)
    with pytest.raises(DataError, match=r"00000\.png is 16x12, but its frame is 20x12"):
        load_masks(maker.files.masks, "v", 1, frame_hw=(12, 20))
    Image.new("L", (16, 13)).save(path)
    with pytest.raises(DataError, match=r"00002\.png is 16x13, but its frame is 16x12"):
        load_masks(maker.files.masks, "v", 1)
    path.write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match=r"00002\.png cannot be read"):
        load_masks(maker.files.masks, "v", 1)
    path.unlink()
    with pytest.raises(DataError, match=r"00002\.png does not exist"):
        load_masks(maker.files.masks, "v", 1)


def test_sound_reading_equals_the_library_s_own_mean(maker):
    rng = np.random.default_rng(1)
    wave_SC = rng.uniform(-0.9, 0.9, (500, 2)).astype(np.float32)
    path = maker.wave(maker.root / "a.wav", wave_SC, subtype="FLOAT")
    assert soundfile.info(path).samplerate == 16000
    assert load_wave(path) == pytest.approx(wave_SC.mean(axis=1), abs=1e-7)
