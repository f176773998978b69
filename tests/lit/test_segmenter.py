"""The segmenter's loss by hand, its batches, one real step, and its export."""

from pathlib import Path

import lightning as L
import numpy as np
import pytest
import torch

from tgs.lit.optim import Optim
from tgs.lit.zoo.segmenter import LEARNS, SegmenterTask, mask_iou, mask_loss, near_and_far
from tgs.lit.zoo.segmenter_data import Outlined, SegmenterData, boxes_of, collate
from tgs.segment.sam2 import Sam2

CONFIG = str(Path(__file__).parents[2] / "tgs" / "segment" / "configs" / "tiny.yaml")


def test_weights_near_the_box_sum_to_one_and_far_ones_to_a_half() -> None:
    weight = near_and_far(torch.tensor([[0.4, 0.4, 0.6, 0.6]]), (10, 10))[0, 0]
    near = weight > weight.min()
    # half-width .7 * .2 + .1 = .24 around .5: centres .35 to .65 or, at most, .26 to .74
    assert near.sum() == 16
    assert near[3:7, 3:7].all()
    torch.testing.assert_close(weight[near].sum(), torch.tensor(1.0))
    torch.testing.assert_close(weight[~near].sum(), torch.tensor(0.5))


def test_a_box_over_the_whole_frame_has_nothing_far() -> None:
    weight = near_and_far(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), (4, 4))
    torch.testing.assert_close(weight, torch.full((1, 1, 4, 4), 1 / 16))


def test_iou() -> None:
    one = torch.tensor([[[True, True], [False, False]], [[False, False], [False, False]]])
    other = torch.tensor([[[True, False], [True, False]], [[False, False], [False, False]]])
    torch.testing.assert_close(mask_iou(one, other), torch.tensor([1 / 3, 0.0]))


def truth() -> tuple[torch.Tensor, torch.Tensor]:
    masks = torch.zeros(1, 8, 8)
    masks[0, 2:6, 2:6] = 1
    return masks, torch.tensor([[0.25, 0.25, 0.75, 0.75]])


def test_the_right_mask_costs_nothing_and_an_empty_one_a_lot() -> None:
    masks, boxes = truth()
    right = (masks[:, None] * 2 - 1) * 20
    sure = torch.full((1, 1), 20.0)
    assert float(mask_loss(right, torch.ones(1, 1), sure, masks, boxes)) < 1e-4
    empty = torch.full((1, 1, 8, 8), -20.0)
    assert float(mask_loss(empty, torch.zeros(1, 1), sure, masks, boxes)) > 5


def test_only_the_best_candidate_pays_but_every_iou_is_taught() -> None:
    masks, boxes = truth()
    right = (masks[:, None] * 2 - 1) * 20
    both = torch.cat([torch.full_like(right, -20.0), right], 1)
    sure = torch.full((1, 1), 20.0)
    known = float(mask_loss(both, torch.tensor([[0.0, 1.0]]), sure, masks, boxes))
    assert known < 1e-4
    mistaken = float(mask_loss(both, torch.tensor([[1.0, 1.0]]), sure, masks, boxes))
    assert mistaken == pytest.approx(0.5, abs=1e-3)  # mean of 1 and 0


def test_boxes_and_batch_by_hand() -> None:
    masks = np.zeros((2, 180, 320), bool)
    masks[0, 18:54, 32:96] = True
    masks[1, 179, 319] = True
    assert boxes_of(masks).tolist() == [[32, 18, 96, 54], [319, 179, 320, 180]]
    frame = np.zeros((180, 320, 3), np.uint8)
    batch = collate([Outlined(frame, masks[:1]), Outlined(frame, masks)], size_px=256)
    assert batch.frame_K.tolist() == [0, 1, 1]
    assert batch.pixels_BCSS.shape == (2, 3, 256, 256)
    torch.testing.assert_close(batch.boxes_K4[0], torch.tensor([25.6, 25.6, 76.8, 76.8]))


@pytest.mark.filterwarnings("ignore:.*does not have many workers")  # examples are made in the training process
@pytest.mark.filterwarnings("ignore:.*LeafSpec. is deprecated")  # Lightning's own use of torch
def test_one_step_moves_what_learns_and_the_export_can_be_loaded(tmp_path: Path) -> None:
    torch.manual_seed(0)
    task = SegmenterTask(config=CONFIG, optim=Optim(lr=1e-3))
    before = {name: parameter.detach().clone() for name, parameter in task.model.named_parameters()}
    data = SegmenterData(batch_size=2, steps_per_epoch=1, val_batches=1)
    trainer = L.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(task, data)
    assert 0 <= float(trainer.callback_metrics["val/miou"]) <= 1
    moved = {name for name, parameter in task.model.named_parameters() if not torch.equal(parameter, before[name])}
    assert all(name.startswith(LEARNS) for name in moved)
    assert {name.split(".")[0] for name in moved} == set(LEARNS)
    task.export(tmp_path)
    stored = Sam2(weights=tmp_path).model.state_dict()
    for name, value in task.model.state_dict().items():
        torch.testing.assert_close(stored[name], value.half().float())
