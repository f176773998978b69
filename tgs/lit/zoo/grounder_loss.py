"""The loss that teaches a Grounding-DINO from nothing.

transformers' built-in loss cannot: it gives no gradient to the first stage's heads, and its label offsets are
wrong for batches of different captions. Ours is dense on the encoder's tokens (several positives per object,
chosen by distance) and a Hungarian matching on every decoder layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torchvision.ops import box_convert, box_iou, generalized_box_iou, generalized_box_iou_loss, sigmoid_focal_loss

ALPHA, GAMMA = 0.25, 2.0
CLASS, L1, GIOU = 2.0, 5.0, 2.0
"""Weights of the three terms, in the loss and in the matching cost. Source: GroundingDinoConfig's defaults."""

Pairs = tuple[Tensor, Tensor]
"""Slots (encoder tokens or queries) of one image, and the truth that each of them stands for."""


class Truth(NamedTuple):
    """The objects that a caption asks for on one image.

    Attributes:
        boxes_K4: cxcywh as fractions of the frame.
        tokens_KL: 1.0 at the caption tokens that name the object, else 0.0.
    """

    boxes_K4: Tensor
    tokens_KL: Tensor


class Stages(NamedTuple):
    """What a forward pass says at every stage; boxes are cxcywh fractions, T encoder tokens, Q queries.

    Attributes:
        encoder_BTL, encoder_BT4: logits and boxes of the first stage.
        decoder_BQL, decoder_BQ4: the same for each decoder layer, in order.
        grids: (height, width) of each feature level, in token order.
    """

    encoder_BTL: Tensor
    encoder_BT4: Tensor
    decoder_BQL: list[Tensor]
    decoder_BQ4: list[Tensor]
    grids: list[tuple[int, int]]


def grounding_loss(
    stages: Stages, truths: Sequence[Truth], weights_BL: Tensor, *, nearest: int = 4, early_matches: int = 3
) -> tuple[Tensor, dict[str, Tensor]]:
    """Sum over stages of 2 x focal + 5 x L1 + 2 x GIoU, each divided by the stage's positives.

    Args:
        stages: the forward pass.
        truths: one per image.
        weights_BL: how much each token of the captions counts in the focal term; 0 at padding.
        nearest: encoder tokens per object and level.
        early_matches: queries per object on all decoder layers but the last, which takes one.

    Returns:
        The scalar loss, and the mean IoU of matched boxes per stage for the log.
    """
    with torch.no_grad():
        centres_T2, levels = centres(stages.grids, like=stages.encoder_BT4)
        dense = [nearest_tokens(truth.boxes_K4, centres_T2, levels, nearest) for truth in truths]
    loss, iou = _stage_loss(stages.encoder_BTL, stages.encoder_BT4, dense, truths, weights_BL)
    log = {"iou_encoder": iou}
    for depth, (logits_BQL, boxes_BQ4) in enumerate(zip(stages.decoder_BQL, stages.decoder_BQ4, strict=True)):
        last = depth == len(stages.decoder_BQL) - 1
        with torch.no_grad():
            matched = [
                match(logits_QL, boxes_Q4, truth, 1 if last else early_matches)
                for logits_QL, boxes_Q4, truth in zip(logits_BQL, boxes_BQ4, truths, strict=True)
            ]
        term, iou = _stage_loss(logits_BQL, boxes_BQ4, matched, truths, weights_BL)
        loss = loss + term
        log[f"iou_{depth}"] = iou
    return loss, log


def centres(grids: list[tuple[int, int]], like: Tensor) -> tuple[Tensor, list[slice]]:
    """Centres (x, y) of all encoder tokens as fractions of the frame, and each level's slice of them."""
    parts, levels, start = [], [], 0
    for height, width in grids:
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        parts.append(torch.stack([(x + 0.5) / width, (y + 0.5) / height], -1).reshape(-1, 2))
        levels.append(slice(start, start + height * width))
        start += height * width
    return torch.cat(parts).to(like), levels


def nearest_tokens(boxes_K4: Tensor, centres_T2: Tensor, levels: list[slice], nearest: int) -> Pairs:
    """Per level the `nearest` tokens inside each box, always the very nearest one; a contested token goes to
    the closer object."""
    if not len(boxes_K4):
        return _nothing(boxes_K4)
    offset_KT2 = centres_T2[None] - boxes_K4[:, None, :2]
    inside_KT = (offset_KT2.abs() < boxes_K4[:, None, 2:] / 2).all(-1)
    distance_KT = offset_KT2.norm(dim=-1)
    cost_KT = torch.full_like(distance_KT, torch.inf)
    for level in levels:
        near_Kn, index_Kn = distance_KT[:, level].topk(min(nearest, level.stop - level.start), largest=False)
        allowed_Kn = inside_KT[:, level].gather(1, index_Kn)
        allowed_Kn[:, 0] = True
        cost_KT[:, level] = cost_KT[:, level].scatter(1, index_Kn, near_Kn.masked_fill(~allowed_Kn, torch.inf))
    closest_T, owner_T = cost_KT.min(0)
    slots = closest_T.isfinite().nonzero()[:, 0]
    return slots, owner_T[slots]


def match(logits_QL: Tensor, boxes_Q4: Tensor, truth: Truth, matches: int) -> Pairs:
    """Cheapest assignment of queries to truths, each truth taken up to `matches` times."""
    count = len(truth.boxes_K4)
    if not count:
        return _nothing(boxes_Q4)
    score_QL = logits_QL.sigmoid()
    yes_QL = ALPHA * (1 - score_QL) ** GAMMA * -(score_QL + 1e-8).log()
    no_QL = (1 - ALPHA) * score_QL**GAMMA * -(1 - score_QL + 1e-8).log()
    share_KL = truth.tokens_KL / truth.tokens_KL.sum(-1, keepdim=True).clamp(1)
    cost_QK = CLASS * (yes_QL - no_QL).nan_to_num() @ share_KL.T + L1 * torch.cdist(boxes_Q4, truth.boxes_K4, p=1)
    cost_QK -= GIOU * generalized_box_iou(xyxy(boxes_Q4), xyxy(truth.boxes_K4))
    times = max(1, min(matches, len(boxes_Q4) // count))
    queries, columns = linear_sum_assignment(cost_QK.repeat(1, times).cpu().numpy())
    device = boxes_Q4.device
    return torch.as_tensor(queries, device=device), torch.as_tensor(columns % count, device=device)


def xyxy(boxes_cxcywh: Tensor) -> Tensor:
    """Centre form to corner form."""
    return box_convert(boxes_cxcywh, "cxcywh", "xyxy")


def _stage_loss(
    logits_BTL: Tensor, boxes_BT4: Tensor, pairs: list[Pairs], truths: Sequence[Truth], weights_BL: Tensor
) -> tuple[Tensor, Tensor]:
    """Loss of one stage under a given assignment, and the mean IoU of its pairs."""
    target_BTL = torch.zeros_like(logits_BTL)
    for target_TL, (slots, owners), truth in zip(target_BTL, pairs, truths, strict=True):
        target_TL[slots] = truth.tokens_KL[owners]
    found_M4 = torch.cat([boxes_T4[slots] for boxes_T4, (slots, _) in zip(boxes_BT4, pairs, strict=True)])
    wanted_M4 = torch.cat([truth.boxes_K4[owners] for truth, (_, owners) in zip(truths, pairs, strict=True)])
    positives = max(1, len(found_M4))
    weights_BTL = weights_BL[:, None].expand_as(logits_BTL)
    counts = weights_BTL > 0  # logits of padding are -inf
    focal = sigmoid_focal_loss(logits_BTL[counts], target_BTL[counts], ALPHA, GAMMA) @ weights_BTL[counts]
    edges = (found_M4 - wanted_M4).abs().sum()
    shape = generalized_box_iou_loss(xyxy(found_M4), xyxy(wanted_M4), reduction="sum")
    with torch.no_grad():
        iou = box_iou(xyxy(found_M4), xyxy(wanted_M4)).diagonal().mean() if len(found_M4) else boxes_BT4.new_zeros(())
    return (CLASS * focal + L1 * edges + GIOU * shape) / positives, iou


def _nothing(like: Tensor) -> Pairs:
    none = torch.zeros(0, dtype=torch.long, device=like.device)
    return none, none
