"""The audio task: what is in a mixed second, that test takes stay unheard, and that it learns and exports."""

from functools import partial

import lightning as L
import numpy as np
import pytest
import torch

from tgs.errors import ConfigError
from tgs.lit.optim import Optim
from tgs.lit.zoo.audio import AudioPretraining
from tgs.lit.zoo.audio_data import (
    LEVELS,
    NAMES,
    TEST_TAKES,
    SecondBatch,
    SecondData,
    _stack,
    mix_second,
    training_takes,
)
from tgs.lit.zoo.stream import StreamData
from tgs.stickers.mix import NOISE_RMS
from tgs.stickers.sample import TAKES
from tgs.stickers.sounds import TAKE_RMS, SoundBank
from tgs.types import SAMPLE_RATE_HZ


@pytest.fixture(scope="module")
def bank():
    """Every category hums at its own pitch, each take in its own octave: quick to make, easy to tell apart."""
    time_s = np.arange(10 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    hums = [
        [np.sin(2 * np.pi * 60 * 1.2**v * (1 + take) * time_s) * np.sqrt(2) * TAKE_RMS * 32767 for take in range(2)]
        for v in range(len(NAMES))
    ]
    return SoundBank(np.round(hums).astype(np.int16), NAMES)


def test_a_second_is_the_sum_of_its_sources_at_their_levels(bank):
    seen, counts = set(), []
    for seed in range(200):
        wave_S, levels_V = mix_second(np.random.default_rng(seed), bank, (0,), cut_share=0.0)
        there = levels_V.nonzero()[0]
        counts.append(len(there))
        seen |= set(levels_V.tolist())
        power = sum((TAKE_RMS * (0, 0.25, 0.5, 1.0)[levels_V[v]]) ** 2 for v in there) + NOISE_RMS**2
        assert float((wave_S**2).mean()) == pytest.approx(power, rel=0.05)
    assert seen == set(range(LEVELS))
    assert set(counts) == {0, 1, 2, 3}
    assert np.mean(counts) == pytest.approx(0.28 + 2 * 0.36 + 3 * 0.30, abs=0.25)


def test_a_cut_source_is_silent_at_one_end_but_still_counts(bank):
    for seed in range(20):
        wave_S, levels_V = mix_second(np.random.default_rng(seed), bank, (1,), cut_share=1.0)
        if levels_V.astype(bool).sum() == 1:
            ends = [float((part**2).mean() ** 0.5) for part in (wave_S[:800], wave_S[-800:])]
            assert min(ends) < 0.001 < max(ends)


def test_benchmark_test_takes_are_the_last_quarter_and_never_trained_on():
    assert TEST_TAKES == (9, 10, 11)
    assert TAKES == 12
    assert training_takes(14) == (0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13)
    with pytest.raises(ConfigError, match="takes=3"):
        SecondData(steps_per_epoch=1, takes=3)


def test_a_short_training_tells_hums_apart(bank, tmp_path):
    torch.manual_seed(0)
    task = AudioPretraining(optim=Optim(lr=2e-3), width=32, layers=1, heads=2)
    make = partial(mix_second, bank=bank, takes=(0,))
    batch = _stack([make(np.random.default_rng(i)) for i in range(32)])
    assert isinstance(batch, SecondBatch)
    assert batch.waves_BS.shape == (32, SAMPLE_RATE_HZ)
    task.log = lambda *args, **kwargs: None
    adam = torch.optim.AdamW(task.parameters(), 2e-3)
    losses = []
    for step in range(25):
        loss = task.training_step(batch, step)
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_scores_are_logged_and_the_export_gives_the_same_features(bank, tmp_path):
    from tgs.think.encoders.beats_weights import load_beats

    task = AudioPretraining(optim=Optim(lr=1e-3), width=32, layers=1, heads=2)
    make = partial(mix_second, bank=bank, takes=(0,))
    data = StreamData(make, make, _stack, batch_size=8, steps_per_epoch=2, val_batches=8)
    trainer = L.Trainer(
        accelerator="cpu", max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0, log_every_n_steps=1,
    )  # fmt: skip
    trainer.fit(task, data)
    assert {"val/map", "val/exact_2", "val/level", "val/recall_soft"} <= set(trainer.callback_metrics)
    task.export(tmp_path)
    waves_BS = torch.randn(2, SAMPLE_RATE_HZ) * 0.05
    with torch.no_grad():
        assert load_beats(tmp_path)(waves_BS).allclose(task.encoder.eval()(waves_BS), atol=2e-2)  # fp16 on disk
