"""The vision task: who owns a patch, where the first filters come from, and that it learns and exports."""

import lightning as L
import numpy as np
import pytest
import torch

from tgs.lit.optim import Optim
from tgs.lit.zoo.vision import VisionPretraining, object_accuracy, whitened_filters
from tgs.lit.zoo.vision_data import BACKGROUND, NAMES, TINTS, UNSEEN, VisionData, packed_scene, patch_owners
from tgs.stickers.categories import CATEGORIES
from tgs.think.encoders.clip import load_clip


@pytest.fixture(scope="module")
def data():
    return VisionData(steps_per_epoch=3, pictures=4, image_px=32, grid=2, val_batches=1)


def small(**settings):
    return VisionPretraining(
        optim=Optim(lr=3e-3), image_px=32, patch_px=16, width=32, layers=1, heads=2, init_pictures=0, **settings
    )


def test_the_owner_of_a_patch_covers_most_of_it():
    masks_KHW = np.zeros((2, 20, 40), bool)
    masks_KHW[0, :10, :10] = True  # half of the upper left patch
    masks_KHW[1, :10, 10:20] = True  # the other half; the first one wins
    masks_KHW[1, :4, 20:24] = True  # 16 of 200 pixels of the upper right patch: below 0.15
    masks_KHW[1, 15:, 20:] = True
    assert patch_owners(masks_KHW, 2).tolist() == [0, -1, -1, 1]


def test_labels_name_the_object_under_the_patch(data):
    batch = data.draw(np.random.default_rng(3), packed_share=1.0)
    assert batch.frames_BHWC.shape == (4, 32, 32, 3)
    assert batch.frames_BHWC.dtype == torch.uint8
    shown = batch.objects_BP != BACKGROUND
    assert shown.any()
    assert not shown.all()
    assert ((batch.tints_BP == UNSEEN) == ~shown).all()
    assert batch.tints_BP[shown].max() < len(TINTS)
    present = batch.present_BV
    assert present.shape == (4, len(NAMES))
    assert {NAMES[v] for v in present[0].nonzero().flatten()} == {
        NAMES[v] for v in batch.objects_BP[0] if v < BACKGROUND
    }


def test_packed_scenes_are_packed_and_depend_on_their_generator_alone():
    counts = set()
    for seed in range(30):
        scene = packed_scene(np.random.default_rng(seed))
        assert scene == packed_scene(np.random.default_rng(seed))
        counts.add(len(scene.stickers))
        assert all(0 < s.x < 1 and 0.2 <= s.y <= 0.8 and s.category in CATEGORIES for s in scene.stickers)
    assert counts == {5, 6, 7, 8}


def test_first_filters_make_patches_white():
    torch.manual_seed(0)
    patches = torch.randn(4000, 12) * torch.linspace(3, 0.5, 12)
    pixels = patches.view(4000, 2, 2, 3).permute(0, 3, 1, 2)
    filters = whitened_filters(pixels, 12, 2)
    answers = torch.nn.functional.conv2d(pixels - pixels.mean(0), filters).flatten(1)
    variances = torch.linalg.eigvalsh(answers.T @ answers / len(answers))
    plain = torch.linalg.eigvalsh(patches.T @ patches / len(patches))
    assert float(plain.max() / plain.min()) > 25
    assert float(variances.max() / variances.min()) < 1.2  # not 1: the ridge keeps the weakest ones a little smaller


def test_an_object_is_named_by_all_its_patches_and_never_as_background():
    logits_BPV = torch.tensor([[[0.0, 1.0, 9.0], [3.0, 0.0, 0.0], [0.0, 2.0, 0.0]]])  # the last class is background
    assert object_accuracy(logits_BPV, torch.tensor([[1, 2, 1]])) == 1.0
    assert object_accuracy(logits_BPV, torch.tensor([[1, 0, 0]])) == pytest.approx(2 / 2)
    assert object_accuracy(logits_BPV, torch.tensor([[0, 2, 2]])) == 0.0


def test_jitter_is_the_same_at_the_same_step():
    task = small()
    pixels = torch.randn(2, 3, 32, 32)
    assert task._jittered(pixels).equal(task._jittered(pixels))
    assert not task._jittered(pixels).equal(pixels)
    assert small(jitter=0.0)._jittered(pixels).equal(pixels)


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_training_logs_scores_and_the_export_gives_the_same_features(data, tmp_path):
    task = small()
    trainer = L.Trainer(
        accelerator="cpu", max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0, log_every_n_steps=1,
    )  # fmt: skip
    before = task.encoder.model.embeddings.patch_embedding.weight.clone()
    trainer.fit(task, data)
    assert not task.encoder.model.embeddings.patch_embedding.weight.equal(before)
    assert {"val/object", "val/patch", "val/background", "val/tint", "val/cls_map"} <= set(trainer.callback_metrics)
    task.export(tmp_path)
    loaded = load_clip(tmp_path, layer=-1)
    frames = data.draw(np.random.default_rng(0), packed_share=0.0).frames_BHWC.numpy()
    with torch.no_grad():
        assert loaded(frames).allclose(task.encoder.eval()(frames), atol=2e-2)  # fp16 on disk


def test_patches_learn_their_own_places_or_nothing_after_them_could_tell_where(data):
    torch.manual_seed(0)
    task = small()
    rows_P, columns_P = task.places()
    assert rows_P.tolist() == [0, 0, 1, 1]
    assert columns_P.tolist() == [0, 1, 0, 1]
    heads = [*task.column_head.parameters(), *task.row_head.parameters()]
    task.log = lambda *args, **kwargs: None  # no trainer
    task.training_step(data.draw(np.random.default_rng(0), packed_share=1.0), 0).backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in heads)
