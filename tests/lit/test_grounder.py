"""Phrases, captions and tokens of the detector's training, one real step, and its export."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tgs.ground.hf import HfGrounder
from tgs.lit.optim import Optim
from tgs.lit.zoo.grounder import GrounderTask
from tgs.lit.zoo.grounder_data import Captioned, collate, encode, make_train, make_val
from tgs.lit.zoo.grounder_loss import grounding_loss
from tgs.lit.zoo.grounder_phrases import NAMING_NOTHING, Phrase, absent, fine, named, sentence, which
from tgs.lit.zoo.grounder_sizes import GrounderSizes
from tgs.lit.zoo.grounder_words import tokenizer, vocabulary
from tgs.stickers.art import ArtBank
from tgs.stickers.captions import fine_description
from tgs.stickers.categories import CATEGORIES, COLOURS
from tgs.stickers.scene import Sticker

SMALL = GrounderSizes(
    height_px=64, width_px=96, swin_embed=16, swin_depths=(1, 1, 1, 1), swin_window=4, text_width=32, width=32,
    hidden=32, queries=8,
)  # fmt: skip


def put(category: str, x: float, colour: str = "") -> Sticker:
    return Sticker(category, "twemoji/1f3b8", x, 0.5, 0.3, 1.0, 0.0, False, colour, 0.0, 0.0, None)


TWO_GUITARS = [put("guitar", 0.1), put("dog", 0.5, "red"), put("guitar", 0.9)]


def texts(phrases: list[Phrase]) -> dict[str, tuple[int, ...]]:
    return {phrase.text: phrase.objects for phrase in phrases}


def test_names_take_all_of_a_kind() -> None:
    assert texts(named(TWO_GUITARS)) == {"guitar": (0, 2), "dog": (1,)}


def test_colours_and_places() -> None:
    found = texts(which(TWO_GUITARS, np.random.default_rng(0)))
    assert found["the left guitar"] == (0,)
    assert found["the right guitar"] == (2,)
    assert found["guitar on the far left"] == (0,)
    assert found["guitar on the far right"] == (2,)
    assert found["red dog"] == (1,)
    assert found["dog in the center"] == (1,)
    others = [text for text, objects in found.items() if not objects]
    assert len(others) == 1
    assert others[0].split()[1] == "dog"
    assert others[0].split()[0] in set(COLOURS) - {"red"}
    assert not any("guitar" in text and text.split()[0] in COLOURS for text in found)  # neither is tinted


def test_two_of_a_kind_in_one_place_are_not_told_apart_by_it() -> None:
    close = [put("guitar", 0.45), put("guitar", 0.55)]
    assert texts(which(close, np.random.default_rng(0))) == {}
    assert fine(close, np.random.default_rng(0)) == []


def test_descriptions_have_the_thinker_s_form() -> None:
    """Among many draws lies the one that the benchmark would write of the silent scene."""
    drawn = {p.text for seed in range(60) for p in fine(TWO_GUITARS, np.random.default_rng(seed))}
    assert {fine_description(sticker) for sticker in TWO_GUITARS} <= drawn
    assert "a red dog making a loud sound in the center" in drawn


def test_absent_phrases_name_nobody_who_is_there() -> None:
    phrases = absent(TWO_GUITARS, np.random.default_rng(0))
    assert len(phrases) == len(CATEGORIES) - 2
    words = {word for phrase in phrases for word in phrase.text.split()}
    assert not words & {"guitar", "dog"}
    assert all(phrase.objects == () for phrase in phrases)


def test_training_never_shows_the_thinker_s_descriptions() -> None:
    rng, art = np.random.default_rng(0), ArtBank()
    phrases = [phrase for _ in range(60) for phrase in make_train(rng, art=art, crowds=0.5).phrases]
    assert {phrase.kind for phrase in phrases} == {"named", "which", "absent", "absent_colour", "word"}
    asked = " . ".join(phrase.text for phrase in phrases if phrase.kind != "word")
    assert "sound" not in asked
    assert "silent" not in asked


def test_a_sentence_grounds_the_names_of_things_and_nothing_else() -> None:
    assert not set(NAMING_NOTHING) & {*CATEGORIES, *COLOURS}
    grounded, absent_names = set(), set()
    for seed in range(60):
        for word, objects, kind in sentence(TWO_GUITARS, {"cat"}, np.random.default_rng(seed)):
            assert kind == "word"
            assert objects == {"guitar": (0, 2), "dog": (1,)}.get(word, ())
            assert word != "cat"  # nearly covered: neither there nor absent
            grounded |= {word} if objects else set()
            absent_names |= {word} & set(CATEGORIES) if not objects else set()
    assert grounded == {"guitar", "dog"}
    assert len(absent_names) > 5


def test_the_words_of_a_sentence_are_not_parted() -> None:
    made = tokenizer()
    words = [Phrase("dog", (0,), "word"), Phrase("making", (), "word")]
    ids, spans = encode(made, words)
    assert ids == made.encode("dog making.").ids
    assert spans == [(1, 2), (2, 3)]


def test_the_vocabulary_holds_berts_special_rows_and_every_word() -> None:
    rows = vocabulary()
    assert len(rows) == len(set(rows)) == 1030
    assert (rows[101], rows[102], rows[1012], rows[1029]) == ("[CLS]", "[SEP]", ".", "?")
    known = set(rows)
    assert {*CATEGORIES, *COLOURS} <= known
    for seed in range(30):
        for phrase in fine(TWO_GUITARS, np.random.default_rng(seed)):
            assert set(phrase.text.split()) <= known


def test_tokens_of_phrases_are_those_of_the_joined_caption() -> None:
    phrases = [Phrase("a red guitar", (0,), "fine"), Phrase("zebu", (), "absent")]
    ids, spans = encode(tokenizer(), phrases)
    assert ids == tokenizer().encode("a red guitar. zebu.").ids
    assert spans == [(1, 4), (5, 9)]


def example(phrases: list[Phrase]) -> Captioned:
    return Captioned(
        np.zeros((180, 320, 3), np.uint8), np.array([[32, 18, 96, 54], [0, 0, 320, 180]], np.float32), phrases
    )


def test_a_batch_by_hand() -> None:
    first = example([Phrase("dog", (0,), "named"), Phrase("red dog", (0,), "which"), Phrase("cat", (), "absent")])
    batch = collate([first, example([Phrase("bird", (1,), "named")])], made=tokenizer(), size_hw=(64, 96), limit=64)
    assert batch.pixels_BCHW.shape == (2, 3, 64, 96)
    assert batch.ids_BL.shape == (2, 9)
    assert batch.words_BL.sum(1).tolist() == [9, 4]
    special, half = 0.25, 0.5
    assert batch.weights_BL[0].tolist() == [special, 1, special, half, half, special, 1, special, special]
    assert batch.weights_BL[1].tolist() == [special, 1, special, special, 0, 0, 0, 0, 0]
    truth = batch.truths[0]
    torch.testing.assert_close(truth.boxes_K4, torch.tensor([[0.2, 0.2, 0.2, 0.2]]))
    assert truth.tokens_KL.tolist() == [[0, 1, 0, 1, 1, 0, 0, 0, 0]]  # dog . red dog . cat .
    torch.testing.assert_close(batch.truths[1].boxes_K4, torch.tensor([[0.5, 0.5, 1.0, 1.0]]))


def test_phrases_beyond_the_limit_are_left_out_whole() -> None:
    many = example([Phrase("dog", (0,), "named"), Phrase("a silent cat", (1,), "fine")])
    batch = collate([many], made=tokenizer(), size_hw=(64, 96), limit=6)
    assert batch.ids_BL.shape == (1, 4)
    assert len(batch.truths[0].boxes_K4) == 1


@pytest.fixture(scope="module")
def trained() -> GrounderTask:
    """A very small detector after a few real steps."""
    torch.manual_seed(0)
    task = GrounderTask(optim=Optim(lr=1e-3), sizes=SMALL)
    art = ArtBank()
    made = [make_train(np.random.default_rng(seed), art=art, crowds=0.5) for seed in range(6)]
    batch = collate(made, made=tokenizer(), size_hw=(64, 96), limit=64)
    adamw = torch.optim.AdamW(task.parameters(), lr=1e-3)
    losses = []
    for _ in range(8):
        loss, _ = grounding_loss(task(batch), batch.truths, batch.weights_BL)
        adamw.zero_grad()
        loss.backward()
        adamw.step()
        losses.append(float(loss.detach()))
    task.losses = losses  # type: ignore[assignment]
    return task


def test_the_loss_falls_and_reaches_every_parameter(trained: GrounderTask) -> None:
    assert trained.losses[-1] < 0.75 * trained.losses[0]
    untouched = {name for name, parameter in trained.named_parameters() if parameter.grad is None}
    assert untouched == {f"model.model.backbone.conv_encoder.model.swin.layernorm.{n}" for n in ("weight", "bias")}


def test_the_export_says_what_the_trained_model_says(trained: GrounderTask, tmp_path: Path) -> None:
    trained.export(tmp_path)
    grounder = HfGrounder(weights=tmp_path, floor=0.0)
    one = make_val(np.random.default_rng(3), art=ArtBank())
    batch = collate([one], made=tokenizer(), size_hw=(64, 96), limit=64)
    with torch.no_grad():
        stages = trained.eval()(batch)
    found = grounder.detect(one.frame_HWC[None], [one.phrases[0].text])[0][0]
    expected = stages.decoder_BQL[-1][0].max(-1).values.sigmoid()
    np.testing.assert_allclose(found.scores_K, expected, atol=5e-3)  # weights were rounded to fp16
    assert json.loads((tmp_path / "preprocessor_config.json").read_text())["size"] == {"height": 64, "width": 96}
