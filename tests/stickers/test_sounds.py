"""The sound bank: busy, evenly loud, the same on every run, kept on disk."""

import os
from pathlib import Path

import numpy as np
import pytest

from tgs.errors import ConfigError, DataError
from tgs.stickers.animals import ANIMALS
from tgs.stickers.categories import CATEGORIES
from tgs.stickers.machines import MACHINES
from tgs.stickers.sounds import TAKE_RMS, SoundBank, bank_digest, levelled, make_take

NAMES = ("clock", "guitar", "dog")
RATE = 16_000


def rms(wave: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(wave, dtype=np.float64))))


def brightness_hz(wave: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(wave)) ** 2
    return float((power * np.fft.rfftfreq(len(wave), 1 / RATE)).sum() / power.sum())


def test_every_category_has_exactly_one_source_of_sound():
    for name, category in CATEGORIES.items():
        sources = [name in ANIMALS, name in MACHINES, bool(category.programs), name == "drum"]
        assert sum(sources) == 1, name


@pytest.mark.parametrize("name", CATEGORIES)
def test_every_second_of_a_take_holds_sound_and_all_are_equally_loud(name: str):
    wave = make_take(name, 0)
    assert (wave.shape, wave.dtype) == ((10 * RATE,), np.float32)
    assert rms(wave) == pytest.approx(TAKE_RMS, rel=1e-3)
    assert np.abs(wave).max() < 0.5
    seconds = [rms(second) for second in wave.reshape(10, RATE)]
    assert min(seconds) > 0.5 * TAKE_RMS  # far from the 6 dB of one level to the next
    assert max(seconds) < 1.5 * TAKE_RMS


def test_takes_differ_and_do_not_depend_on_order():
    first, other = make_take("guitar", 0), make_take("guitar", 1)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.3
    assert make_take("guitar", 0).tobytes() == first.tobytes()


def test_the_kinds_sound_as_their_names_say():
    assert brightness_hz(make_take("truck", 0)) < brightness_hz(make_take("motorcycle", 0))
    assert brightness_hz(make_take("cow", 0)) < 1000 < brightness_hz(make_take("bird", 0))


def test_a_bank_is_made_once_and_read_back_the_same(tmp_path: Path):
    steps: list[tuple[int, int]] = []
    made = SoundBank.load(tmp_path / "new", 2, NAMES, lambda done, all: steps.append((done, all)))
    assert steps == [(i, 6) for i in range(1, 7)]
    files = list((tmp_path / "new").iterdir())
    assert [file.name for file in files] == [f"sounds-{bank_digest(2, NAMES)}.npy"]
    os.utime(files[0], (1, 1))
    read = SoundBank.load(tmp_path / "new", 2, NAMES, lambda done, all: steps.append((done, all)))
    assert len(steps) == 6
    assert files[0].stat().st_mtime == 1
    for name in NAMES:
        for index in (0, 1):
            assert read.take(name, index).tobytes() == made.take(name, index).tobytes()
            assert np.abs(read.take(name, index) - make_take(name, index)).max() <= 0.51 / 32767
    assert read.takes == 2


def test_the_order_of_the_categories_does_not_change_a_take():
    one, other = SoundBank.load(None, 2, ("clock", "dog")), SoundBank.load(None, 3, ("dog", "car", "clock"))
    for name in ("clock", "dog"):
        assert one.take(name, 1).tobytes() == other.take(name, 1).tobytes()


def test_the_digest_tells_settings_apart():
    assert len({bank_digest(2, NAMES), bank_digest(3, NAMES), bank_digest(2, NAMES[:2])}) == 3


def test_levelled_makes_a_quiet_half_as_loud_as_the_loud_one():
    time = np.arange(10 * RATE) / RATE
    wave = np.sin(2 * np.pi * 440 * time) * np.where(time < 5, 1.0, 0.5)
    even = levelled(wave + 3.0)  # an offset is removed
    assert rms(even) == pytest.approx(TAKE_RMS, rel=1e-3)
    assert rms(even[:RATE]) == pytest.approx(rms(even[-RATE:]), rel=0.02)
    assert abs(even.mean()) < 1e-4


def test_a_silent_take_is_refused():
    with pytest.raises(DataError, match="silent"):
        levelled(np.zeros(10 * RATE))


@pytest.mark.parametrize(("category", "index"), [("piano", 0), ("dog", 2), ("dog", -1)])
def test_a_take_that_the_bank_lacks(category: str, index: int):
    bank = SoundBank.load(None, 2, ("dog",))
    with pytest.raises(ConfigError, match=f"no take {index} of '{category}'.*2 takes of dog"):
        bank.take(category, index)


@pytest.mark.parametrize(("takes", "names"), [(1, ("dog",)), (2, ("unicorn",))])
def test_wrong_settings_are_refused(takes: int, names: tuple[str, ...]):
    with pytest.raises(ConfigError, match="takes >= 2"):
        SoundBank.load(None, takes, names)


def test_a_damaged_file_says_to_delete_it(tmp_path: Path):
    path = tmp_path / f"sounds-{bank_digest(2, ('clock',))}.npy"
    path.write_bytes(b"half a file")
    with pytest.raises(DataError, match="Delete the file"):
        SoundBank.load(tmp_path, 2, ("clock",))
    np.save(path, np.zeros((1, 2, 7), np.int16))
    with pytest.raises(DataError, match="Delete the file"):
        SoundBank.load(tmp_path, 2, ("clock",))
