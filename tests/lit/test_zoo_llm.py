"""The language task learns, scores chains by what they say, and exports what the thinker loads."""

from dataclasses import replace

import lightning as L
import numpy as np
import pytest
import torch

from tgs.lit.optim import Optim
from tgs.lit.zoo.llm import EMBEDDING_STD, LanguagePretraining, score_chains
from tgs.lit.zoo.llm_data import BagWriter, LanguageData
from tgs.lit.zoo.llm_text import Task, tell
from tgs.think.llm import add_tokens, load_llm, load_tokenizer


@pytest.fixture(scope="module")
def task():
    torch.manual_seed(0)
    return LanguagePretraining(optim=Optim(lr=3e-3), width=32, layers=2, heads=2)


@pytest.fixture(scope="module")
def batch(task):
    rng = np.random.default_rng(0)
    return BagWriter(task.tokenizer).batch([tell(rng, Task.image) for _ in range(8)], rng, noisy=False)


def test_half_of_the_heads_start_as_copying_heads():
    task = LanguagePretraining(optim=Optim(lr=1e-3), width=32, layers=2, heads=2).requires_grad_(False)
    attention = task.llm.model.layers[0].self_attn
    half = 16
    assert attention.k_proj.weight[:half].equal(attention.q_proj.weight[:half])
    assert not attention.k_proj.weight[half:].equal(attention.q_proj.weight[half:])
    copied = attention.o_proj.weight[:, :half] @ attention.v_proj.weight[:half]
    assert (copied @ copied).allclose(EMBEDDING_STD * copied, atol=1e-5)  # a projection, scaled
    assert float(task.llm.get_input_embeddings().weight.std()) == pytest.approx(EMBEDDING_STD, rel=0.05)


def test_a_slot_is_as_long_as_a_word_and_noise_touches_slots_alone(task, batch):
    table = task.llm.get_input_embeddings().weight
    plain, noisy = task.embed(batch, noisy=False), task.embed(batch, noisy=True)
    slots = batch.count_BL > 1
    b, at = (int(i) for i in slots.nonzero()[0])
    words = batch.words_BLK[b, at][batch.words_BLK[b, at] != 0]
    assert plain[b, at].equal(table[words].sum(0) / len(words) ** 0.5)
    assert plain[~slots].equal(noisy[~slots])
    assert not plain[slots].equal(noisy[slots])
    assert noisy.equal(task.embed(batch, noisy=True))  # seeded by the batch


@torch.no_grad()
def test_padding_does_not_change_the_loss(task, batch):
    rows = [replace(batch, words_BLK=batch.words_BLK[i : i + 1, :n], labels_BL=batch.labels_BL[i : i + 1, :n])
            for i, n in enumerate(batch.valid_BL.sum(1).tolist())]  # fmt: skip
    learned = torch.tensor([float((row.labels_BL != -100).sum()) for row in rows])
    alone = torch.stack([task.loss(row, noisy=False) for row in rows])
    together = task.loss(batch, noisy=False).item()
    assert together == pytest.approx(float((alone * learned).sum() / learned.sum()), rel=1e-5)


def test_scores_of_generated_chains():
    rng = np.random.default_rng(1)
    tellings = [tell(rng, Task.chain) for _ in range(40)]
    perfect = score_chains([(t, t.answer) for t in tellings])
    assert {perfect[name] for name in ("s_object", "fine", "quote", "video_caption", "audio_caption")} == {1.0}
    assert perfect["false_null"] == 0.0
    there = [t for t in tellings if t.expression.target is not None][:4]
    wrong = there[0].answer.split("<s_object>")[0] + "<s_object> null </s_object>"
    scores = score_chains([(t, t.answer if i else wrong) for i, t in enumerate(there)])
    assert (scores["s_object"], scores["false_null"], scores["fine"]) == (0.75, 0.25, 1.0)
    assert score_chains([(there[0], "no tags at all")])["s_object"] == 0.0


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_training_lowers_the_loss_and_the_export_loads(task, tmp_path):
    data = LanguageData(steps_per_epoch=30, batch_rows=8, val_batches=1, mix={"image": 1.0})
    fixed = data.make_train(np.random.default_rng(0))
    before = task.loss(fixed, noisy=False).item()
    trainer = L.Trainer(
        accelerator="cpu", max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0, log_every_n_steps=1,
    )  # fmt: skip
    trainer.fit(task, data)
    assert task.loss(fixed, noisy=False).item() < before - 2
    assert {"val/perplexity", "val/s_object", "val/video_caption", "val/quote"} <= set(trainer.callback_metrics)
    task.export(tmp_path)
    llm, tokenizer = load_llm(tmp_path), load_tokenizer(tmp_path)
    assert add_tokens(llm, tokenizer) == 0
    assert llm.lm_head.weight.equal(task.llm.lm_head.weight.half().float())
    assert tokenizer("<think> guitar").input_ids == task.tokenizer("<think> guitar").input_ids
