"""Captions, descriptions and chains, letter by letter."""

from __future__ import annotations

import numpy as np
import pytest

from tgs.stickers.captions import audio_caption, chain, fine_description, frame_caption, second_caption, video_caption
from tgs.stickers.references import Expression, expressions
from tgs.stickers.sample import muted, sample_scene
from tgs.stickers.scene import Level, Scene, Sounding, Sticker


def sticker(category: str, x: float, sound: tuple[int, int, str] | None = None, **more) -> Sticker:
    values = {"drift": 0.0, "colour": ""} | more
    sounding = Sounding(sound[0], sound[1], Level(sound[2]), 0) if sound else None
    return Sticker(
        category, "twemoji/0", x, 0.5, 0.3, 1.0, values["drift"], False, values["colour"], 0.0, 0.0, sounding
    )


SCENE = Scene(
    "made_0_10000",
    (
        sticker("accordion", 0.1, (0, 10, "loud")),
        sticker("dog", 0.39, (3, 7, "soft"), drift=0.006, colour="red"),
        sticker("cow", 0.7, (3, 5, "medium")),
        sticker("clock", 0.9),
    ),
    0,
    (0.0, 0.0, 0.0, 0.0),
    False,
    0,
)


def test_the_video_caption_goes_from_left_to_right():
    assert video_caption(SCENE) == "the video shows far-left accordion, left red dog, right cow, far-right clock."


@pytest.mark.parametrize(("index", "zone"), [(0, "left"), (6, "left"), (9, "center")])
def test_a_frame_caption_follows_the_drift(index, zone):
    # the dog: 0.39 + 0.006 x (index - 4.5) is 0.363, 0.399, 0.417
    caption = frame_caption(SCENE, index)
    assert caption == f"the image shows far-left accordion, {zone} red dog, right cow, far-right clock."


def test_the_audio_caption_goes_by_onset_then_by_loudness():
    assert audio_caption(SCENE) == (
        "the audio contains accordion loud from 0 to 10, cow medium from 3 to 5, dog soft from 3 to 7."
    )


@pytest.mark.parametrize(
    ("second", "content"),
    [
        (2, "accordion loud"),
        (4, "accordion loud, cow medium, dog soft"),
        (5, "accordion loud, dog soft"),
        (7, "accordion loud"),
    ],
)
def test_the_caption_of_a_second_ends_are_exclusive(second, content):
    assert second_caption(SCENE, second) == f"the audio contains {content}."


def test_silence_contains_nothing():
    assert audio_caption(muted(SCENE)) == "the audio contains nothing."
    assert second_caption(muted(SCENE), 0) == "the audio contains nothing."


def test_descriptions_tell_sound_colour_and_place():
    assert fine_description(SCENE.stickers[0]) == "an accordion making a loud sound on the far left"
    assert fine_description(SCENE.stickers[1]) == "a red dog making a soft sound on the left"
    assert fine_description(SCENE.stickers[3]) == "a silent clock on the far right"


def test_a_chain_reads_like_the_published_ones():
    e = Expression("The silent object.", "sound", "silent", 3, "the silent object")
    assert chain(SCENE, e) == (
        '<think>\nthe referential expression is "the silent object". '
        "the video shows far-left accordion, left red dog, right cow, far-right clock. "
        "the audio contains accordion loud from 0 to 10, cow medium from 3 to 5, dog soft from 3 to 7. "
        "the reference relates to the silent object: far-left accordion loud no, left red dog soft no, "
        "right cow medium no, far-right clock silent yes. so it is the far-right clock.\n</think>\n"
        "<answer>\n<f_object> a silent clock on the far right </f_object>\n<s_object> clock </s_object>\n</answer>"
    )


def test_the_chain_of_a_null_reference_answers_null_and_hears_the_other_clip():
    e = Expression("The sounding object", "null", "sounding", None, "the sounding object")
    other = Scene("x_0_10000", (sticker("train", 0.5, (1, 4, "loud")),), 0, (0.0, 0.0, 0.0, 0.0), False, 0)
    text = chain(muted(SCENE), e, heard=other)
    assert (
        "the audio contains train loud from 1 to 4. the reference relates to the sounding object: far-left accordion "
        "silent no, left red dog silent no, right cow silent no, far-right clock silent no. so it is nobody.\n" in text
    )
    assert text.endswith("<answer>\n<f_object> null </f_object>\n<s_object> null </s_object>\n</answer>")


def test_what_is_not_a_quotation_is_lower_case_and_every_text_is_ascii():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        scene = sample_scene(rng, "a_0_10000")
        for e in expressions(scene, rng):
            text = chain(scene, e)
            assert text == text.lower()
            assert text.isascii()
