"""Only the memory learns, from made clips by hand, and it is scored as it is used."""

from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tgs.lit.optim import Optim
from tgs.lit.zoo.segmenter import export
from tgs.lit.zoo.segmenter_data import SMALLEST_PX
from tgs.lit.zoo.segmenter_memory import LEARNS, MemoryTask, look_where_it_was
from tgs.lit.zoo.segmenter_memory_data import Followed, MemoryData, collate, make_train, make_val
from tgs.segment.sam2 import Sam2, build
from tgs.stickers.art import ArtBank
from tgs.types import Tracking

CONFIG = Path(__file__).parents[2] / "tgs" / "segment" / "configs" / "tiny.yaml"


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A folder as the training of single frames leaves it, with random weights that are sure that somebody is there."""
    folder = tmp_path_factory.mktemp("start")
    torch.manual_seed(1)
    model: Any = build(CONFIG)
    torch.nn.init.constant_(model.sam_mask_decoder.pred_obj_score_head.layers[-1].bias, 3.0)
    export(model, CONFIG, folder)
    return folder


@pytest.fixture(scope="module")
def clip():
    return make_val(np.random.default_rng(0), art=ArtBank(), objects=2)


def task_of(start, seed=0):
    torch.manual_seed(seed)
    return MemoryTask(config=str(CONFIG), optim=Optim(lr=1e-3), start=start)


def test_objects_are_seen_on_every_frame_and_boxes_are_shown_on_some(clip):
    assert (clip.used, clip.prompted) == ([*range(10)], [0])
    art = ArtBank()
    made = [make_train(np.random.default_rng(seed), art=art, objects=2) for seed in range(8)]
    assert all((one.masks_KNHW.sum((2, 3)) >= SMALLEST_PX).all() and 1 <= len(one.masks_KNHW) <= 2 for one in made)
    for one in made:
        assert one.used == sorted(set(one.used))
        assert set(one.used) <= set(range(10))
        assert len(one.used) >= 3
        assert one.prompted == sorted(set(one.prompted))
        assert set(one.prompted) < set(one.used)
    assert len({len(one.used) for one in made}) > 2
    assert {len(one.prompted) == 1 for one in made} == {True, False}


def test_a_batch_by_hand():
    masks = np.zeros((3, 10, 180, 320), bool)
    masks[:, :, 18:54, 32:96] = True
    masks[2, 9] = False
    masks[2, 9, 90:180, 160:320] = True
    frames = np.zeros((10, 180, 320, 3), np.uint8)
    used = [2, 4, 9]
    batch = collate([Followed(frames, masks[:1], used, [4, 9]), Followed(frames, masks[1:], [0, 1], [1])], size_px=256)
    assert batch.pixels_MCSS.shape == (6, 3, 256, 256)
    assert batch.row_NB.tolist() == [[0, 3, 3], [1, 4, 4], [2, 5, 5]]
    assert batch.prompted == [1, 2]
    torch.testing.assert_close(batch.boxes_NB4[0, 0], torch.tensor([25.6, 25.6, 76.8, 76.8]))
    torch.testing.assert_close(batch.boxes_NB4[2, 2], torch.tensor([128.0, 128, 256, 256]))
    assert batch.masks_NBHW.shape == (3, 3, 180, 320)
    assert batch.masks_NBHW[2, 2].sum() == 90 * 160


def test_memory_starts_with_a_look_at_the_same_place():
    """Scores of biases alone, by sam2's own rotation: highest at the place that asks, then at its neighbours."""
    from sam2.modeling.position_encoding import apply_rotary_enc

    model: Any = build(CONFIG)
    look_where_it_was(model)
    attention = model.memory_attention.layers[0].cross_attn_image
    biases = (attention.q_proj.bias, attention.k_proj.bias)
    q_1, k_1 = (bias.detach().expand(1, 1, 256, -1) for bias in biases)
    q, k = apply_rotary_enc(q_1, k_1, freqs_cis=attention.freqs_cis)
    share = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)[0, 0, 7 * 16 + 5].reshape(16, 16)
    assert divmod(int(share.argmax()), 16) == (7, 5)
    assert share[6:9, 4:7].sum() > 0.5


@pytest.mark.filterwarnings("ignore:.*does not have many workers")  # examples are made in the training process
def test_one_step_moves_the_memory_and_nothing_else(start, tmp_path):
    task = task_of(start)
    data = MemoryData(batch_size=1, steps_per_epoch=1, val_batches=1, objects=1)
    trainer = L.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(task, data)
    assert {"val/miou", "val/followed", "val/followed_next", "val/followed_last"} <= set(trainer.callback_metrics)
    task.export(tmp_path)
    before, after = load_file(start / "model.safetensors"), load_file(tmp_path / "model.safetensors")
    fresh = task_of(start).model.state_dict()
    assert before.keys() == after.keys()
    kept = [name for name in after if not name.startswith(LEARNS)]
    assert all(torch.equal(after[name], before[name]) for name in kept)
    moved = {name for name in after if name.startswith(LEARNS) and not torch.equal(after[name], fresh[name].half())}
    assert {part for part in LEARNS if any(name.startswith(part) for name in moved)} == set(LEARNS)


def test_the_memory_starts_afresh_whatever_the_folder_holds(start):
    one, same, other = (task_of(start, seed).model.state_dict() for seed in (0, 0, 2))
    held = load_file(start / "model.safetensors")
    name = "memory_attention.layers.0.linear1.weight"
    assert torch.equal(one[name], same[name])
    assert not torch.equal(one[name], other[name])
    assert not torch.equal(one[name], held[name].float())
    assert torch.equal(one["no_mem_embed"], held["no_mem_embed"].float())


def test_it_is_scored_as_the_segmenter_follows(start, clip, tmp_path):
    task = task_of(start)
    task.export(tmp_path)
    stored = load_file(tmp_path / "model.safetensors")
    task.model.load_state_dict({name: value.float() for name, value in stored.items()})
    batch = collate([clip], size_px=256)
    with torch.no_grad():
        task.validation_step(batch, 0)
    (iou_NB,) = task._ious
    none = np.zeros((0, 4), np.float32)
    boxes_B4 = batch.boxes_NB4[0].numpy() * np.array([320 / 256, 180 / 256] * 2, np.float32)
    boxes = [[box_4[None], *[none] * 9] for box_4 in boxes_B4]
    masks = Sam2(weights=tmp_path, mode=Tracking.video).segment(clip.frames_NHWC, boxes)
    for own, truth_NHW, iou_N in zip(masks, clip.masks_KNHW, iou_NB.T, strict=True):
        both, either = own.binary_NHW & truth_NHW, own.binary_NHW | truth_NHW
        np.testing.assert_allclose(both.sum((1, 2)) / either.sum((1, 2)), iou_N, atol=0.01)
