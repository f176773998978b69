"""Bags hold the scene, stand where the Q-Formers' tokens will stand, and only answers are learned."""

from dataclasses import replace

import numpy as np
import pytest

from tgs.lit.zoo.llm_data import (
    AUDIO_SLOTS,
    FILLER,
    VIDEO_SLOTS,
    BagWriter,
    LanguageData,
    audio_slots,
    thinker_tokenizer,
    video_slots,
)
from tgs.lit.zoo.llm_text import Task, draw_reference, tell
from tgs.stickers.sample import sample_scene
from tgs.stickers.scene import Level, Sounding


@pytest.fixture(scope="module")
def writer():
    return BagWriter(thinker_tokenizer())


@pytest.fixture
def scene():
    scene = sample_scene(np.random.default_rng(1), "v")
    first = replace(scene.stickers[0], category="dog", x=0.1, drift=0.0, colour="red")
    second = replace(scene.stickers[1], category="car", x=0.5, drift=0.0, colour="", sound=None)
    return replace(scene, stickers=(replace(first, sound=Sounding(2, 5, Level.soft, 0)), second))


def test_slots_of_a_frame_and_of_a_second(scene):
    rng = np.random.default_rng(0)
    frame = video_slots(scene, [0], rng, noisy=False)
    assert sorted(frame) == sorted([("far-left", "red", "dog"), ("center", "car"), FILLER, FILLER, FILLER])
    silent, sounding = audio_slots(scene, [1], rng, noisy=False), audio_slots(scene, [2], rng, noisy=False)
    assert silent == [FILLER] * AUDIO_SLOTS
    assert sorted(sounding) == sorted([("dog", "soft"), FILLER, FILLER, FILLER])


def test_noise_spares_the_first_and_last_second_of_a_sound(scene):
    rng = np.random.default_rng(0)
    for _ in range(100):
        assert ("dog", "soft") in audio_slots(scene, [2], rng, noisy=True)
        assert ("dog", "soft") in audio_slots(scene, [4], rng, noisy=True)
    inside = [("dog", "soft") in audio_slots(scene, [3], rng, noisy=True) for _ in range(1000)]
    assert 0.88 < np.mean(inside) < 0.97  # missed 6 %, another level 2 x 2/3 %
    frames = [("center", "car") in video_slots(scene, [3], rng, noisy=True) for _ in range(1000)]
    assert 0.88 < np.mean(frames) < 0.96


def test_a_row_holds_bags_between_the_markers_and_learns_the_answer_alone(writer, scene):
    telling = replace(tell(np.random.default_rng(2), Task.chain), seen=scene, heard=scene)
    words_LK, labels_L = writer.row(telling, np.random.default_rng(0), noisy=False)
    first = writer.tokenizer.convert_ids_to_tokens(words_LK[:, 0].tolist())
    assert first[:2] == ["<s>", "<video_start>"]
    assert first[2 + 10 * VIDEO_SLOTS] == "<video_end>"
    assert first[4 + 10 * (VIDEO_SLOTS + AUDIO_SLOTS)] == "<audio_end>"
    start = first.index("<think>")
    assert (labels_L[:start] == -100).all()
    assert (labels_L[start:] == words_LK[start:, 0]).all()
    assert labels_L[-1] == writer.tokenizer.eos_token_id
    assert not words_LK[start:, 1:].any()


def test_reasoning_shows_no_media_and_does_not_learn_the_captions(writer):
    telling = tell(np.random.default_rng(4), Task.reason)
    words_LK, labels_L = writer.row(telling, np.random.default_rng(0), noisy=False)
    assert (words_LK != 0).sum(1).max() == 1
    learned = writer.tokenizer.decode(labels_L[labels_L != -100])
    assert "relates to" in learned
    assert "referential expression" in learned
    assert "shows" not in learned
    assert "contains" not in learned


def test_generation_is_padded_on_the_left(writer):
    rng = np.random.default_rng(5)
    tellings = [tell(rng, Task.chain) for _ in range(4)]
    batch = writer.batch(tellings, rng, noisy=False, answered=False)
    assert batch.valid_BL[:, -1].all()
    assert (batch.words_BLK[:, :, 0] != 0).equal(batch.valid_BL)


def test_references_are_of_all_sorts_and_crossed_sounds_are_null():
    rng, kinds, crossed = np.random.default_rng(6), set(), 0
    for _ in range(300):
        scene = sample_scene(rng, "v")
        expression, heard = draw_reference(rng, scene)
        kinds.add(expression.kind)
        if heard is not scene:
            crossed += 1
            assert expression.target is None
            there = {s.category for s in scene.stickers}
            assert not there & {s.category for s in heard.stickers if s.sound is not None}
    assert kinds == {"position", "attribute", "sound", "audiovisual", "order", "pair", "named", "null", "r2"}
    assert 3 < crossed < 40


def test_batches_depend_on_their_generator_alone():
    data = LanguageData(steps_per_epoch=2, batch_rows=4, mix={"image": 0.5, "audio": 0.5})
    one, two = (data.make_train(np.random.default_rng(9)) for _ in range(2))
    assert one.words_BLK.equal(two.words_BLK)
    assert one.labels_BL.equal(two.labels_BL)
    assert one.seed == two.seed
    assert {data.make_train(np.random.default_rng(i)).tellings[0].task for i in range(20)} == {Task.image, Task.audio}
    with pytest.raises(ValueError, match="poem"):
        LanguageData(steps_per_epoch=1, mix={"poem": 1.0})
