"""The mix: levels, times, places, the noise floor."""

import numpy as np
import pytest

from tgs.errors import ConfigError
from tgs.stickers.mix import NOISE_RMS, render_sound
from tgs.stickers.scene import Level, Scene, Sounding, Sticker
from tgs.stickers.sounds import TAKE_RMS, SoundBank

RATE = 16_000


@pytest.fixture(scope="module")
def bank() -> SoundBank:
    return SoundBank.load(None, 2, ("dog", "car", "clock"))


def sticker(category: str, x: float, sound: tuple[int, int, str] | None) -> Sticker:
    sounding = Sounding(sound[0], sound[1], Level(sound[2]), 0) if sound else None
    return Sticker(category, "twemoji/0", x, 0.5, 0.3, 1.0, 0.0, False, "", 0.0, 0.0, sounding)


def scene_of(*stickers: Sticker, stereo: bool = False, noise: int = 7) -> Scene:
    return Scene("made_0_10000", stickers, 0, (0.0, 0.0, 0.0, 0.0), stereo, noise)


def rms(wave: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(wave, dtype=np.float64))))


def test_a_silent_scene_holds_the_noise_floor_and_nothing_else(bank: SoundBank):
    wave = render_sound(scene_of(sticker("dog", 0.5, None)), bank)
    assert (wave.shape, wave.dtype) == ((10 * RATE, 2), np.float32)
    assert rms(wave) == pytest.approx(NOISE_RMS, rel=0.02)
    assert np.abs(wave).max() < 6 * NOISE_RMS
    assert not render_sound(scene_of(), bank, noise_rms=0).any()


def test_loud_is_four_times_soft_and_twice_medium(bank: SoundBank):
    soft, medium, loud = (
        render_sound(scene_of(sticker("dog", 0.5, (0, 10, level))), bank, noise_rms=0)
        for level in ("soft", "medium", "loud")
    )
    assert rms(loud) / rms(soft) == pytest.approx(4, rel=1e-4)
    assert rms(loud) / rms(medium) == pytest.approx(2, rel=1e-4)
    assert rms(loud) == pytest.approx(TAKE_RMS, rel=0.02)


def test_a_soft_source_is_far_above_the_noise(bank: SoundBank):
    soft = render_sound(scene_of(sticker("dog", 0.5, (0, 10, "soft"))), bank, noise_rms=0)
    assert rms(soft) > 20 * rms(render_sound(scene_of(), bank))


def test_it_sounds_in_its_seconds_only(bank: SoundBank):
    wave = render_sound(scene_of(sticker("car", 0.5, (3, 6, "loud"))), bank, noise_rms=0)
    seconds = [rms(second) for second in wave.reshape(10, RATE, 2)]
    assert [second > 0 for second in seconds] == [3 <= s < 6 for s in range(10)]
    assert min(seconds[3:6]) > 0.8 * TAKE_RMS
    inside = wave[3 * RATE + 320 : 6 * RATE - 320, 0]  # 320 samples: the fade of 20 ms
    assert np.allclose(inside, bank.take("car", 0)[3 * RATE + 320 : 6 * RATE - 320], atol=1e-6)
    assert wave[3 * RATE, 0] == 0
    halfway = wave[3 * RATE + 160, 0] / bank.take("car", 0)[3 * RATE + 160]
    assert halfway == pytest.approx(0.5, abs=1e-3)


def test_a_scene_is_the_sum_of_its_sources(bank: SoundBank):
    dog, car = sticker("dog", 0.2, (0, 5, "loud")), sticker("car", 0.8, (4, 10, "soft"))
    both, one, other = (render_sound(scene_of(*who), bank, noise_rms=0) for who in ((dog, car), (dog,), (car,)))
    assert np.allclose(both, one + other, atol=1e-6)


@pytest.mark.parametrize(("x", "left", "right"), [(0.0, 1.8, 0.2), (0.25, 1.4, 0.6), (0.5, 1.0, 1.0), (1.0, 0.2, 1.8)])
def test_panning_favours_the_side_and_keeps_the_mean(bank: SoundBank, x: float, left: float, right: float):
    # 0.8 of the way to the side: right = 2 (0.5 + 0.8 (x - 0.5))
    wave = render_sound(scene_of(sticker("car", x, (0, 10, "medium")), stereo=True), bank, noise_rms=0)
    mono = render_sound(scene_of(sticker("car", x, (0, 10, "medium"))), bank, noise_rms=0)
    assert rms(wave[:, 0]) / rms(mono[:, 0]) == pytest.approx(left, rel=1e-3)
    assert rms(wave[:, 1]) / rms(mono[:, 1]) == pytest.approx(right, rel=1e-3)
    assert np.allclose(wave.mean(axis=1), mono.mean(axis=1), atol=1e-6)


def test_a_mono_clip_gives_no_place_away(bank: SoundBank):
    wave = render_sound(scene_of(sticker("dog", 0.05, (0, 10, "loud"))), bank)
    assert (wave[:, 0] == wave[:, 1]).all()


def test_the_same_scene_gives_the_same_bytes_and_the_noise_has_its_own_seed(bank: SoundBank):
    scene = scene_of(sticker("clock", 0.3, (2, 9, "medium")))
    assert render_sound(scene, bank).tobytes() == render_sound(scene, bank).tobytes()
    other = scene_of(sticker("clock", 0.3, (2, 9, "medium")), noise=8)
    assert render_sound(scene, bank).tobytes() != render_sound(other, bank).tobytes()


def test_three_loud_sources_on_one_side_do_not_clip(bank: SoundBank):
    crowd = [sticker(name, 0.0, (0, 10, "loud")) for name in ("dog", "car", "clock")]
    wave = render_sound(scene_of(*crowd, stereo=True), bank)
    assert np.abs(wave).max() < 1


def test_a_category_that_the_bank_lacks(bank: SoundBank):
    with pytest.raises(ConfigError, match="no take 0 of 'piano'"):
        render_sound(scene_of(sticker("piano", 0.5, (0, 10, "loud"))), bank)
