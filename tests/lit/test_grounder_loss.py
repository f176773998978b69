"""The detector's training loss: assignments small enough to do by hand, and gradients that arrive everywhere."""

import pytest
import torch

from tgs.lit.zoo.grounder_loss import Stages, Truth, centres, grounding_loss, match, nearest_tokens, xyxy


def test_centres_of_two_levels() -> None:
    points, levels = centres([(1, 2), (1, 1)], like=torch.zeros(1))
    torch.testing.assert_close(points, torch.tensor([[0.25, 0.5], [0.75, 0.5], [0.5, 0.5]]))
    assert levels == [slice(0, 2), slice(2, 3)]


def test_nearest_tokens_stay_inside_the_box_and_go_to_the_closer_object() -> None:
    points, levels = centres([(1, 4)], like=torch.zeros(1))  # x = .125 .375 .625 .875
    wide = torch.tensor([[0.35, 0.5, 0.5, 1.0]])  # x from .1 to .6
    assert nearest_tokens(wide, points, levels, 4)[0].tolist() == [0, 1]
    assert nearest_tokens(wide, points, levels, 1)[0].tolist() == [1]
    narrow = torch.tensor([[0.5, 0.5, 0.01, 1.0]])  # no centre inside: the very nearest all the same
    assert len(nearest_tokens(narrow, points, levels, 4)[0]) == 1
    both = torch.tensor([[0.3, 0.5, 0.5, 1.0], [0.48, 0.5, 0.6, 1.0]])  # .375 lies in both, nearer to .3 than to .48
    slots, owners = nearest_tokens(both, points, levels, 4)
    assert slots.tolist() == [0, 1, 2]
    assert owners.tolist() == [0, 0, 1]


def test_every_level_gives_its_own_tokens() -> None:
    points, levels = centres([(1, 2), (1, 2)], like=torch.zeros(1))
    slots, owners = nearest_tokens(torch.tensor([[0.25, 0.5, 0.4, 1.0]]), points, levels, 4)
    assert slots.tolist() == [0, 2]
    assert owners.tolist() == [0, 0]


def test_match_takes_the_right_words_at_the_right_place() -> None:
    truth = Truth(torch.tensor([[0.2, 0.5, 0.2, 0.2], [0.8, 0.5, 0.2, 0.2]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    boxes = torch.tensor([[0.8, 0.5, 0.2, 0.2], [0.5, 0.5, 0.2, 0.2], [0.2, 0.5, 0.2, 0.2]])
    logits = torch.tensor([[-2.0, 2.0], [0.0, 0.0], [2.0, -2.0]])
    queries, owners = match(logits, boxes, truth, 1)
    assert dict(zip(queries.tolist(), owners.tolist(), strict=True)) == {0: 1, 2: 0}
    queries, _ = match(logits, boxes, truth, 3)
    assert sorted(queries.tolist()) == [0, 2]  # three queries cannot serve two truths twice
    nothing = Truth(torch.zeros(0, 4), torch.zeros(0, 2))
    assert len(match(logits, boxes, nothing, 3)[0]) == 0


def stages(logit: float, boxes_Q4: torch.Tensor) -> Stages:
    """Two tokens and two queries that all say the same; the second word is the true one."""
    logits_1QL = torch.tensor([[-logit, logit], [-logit, -logit]])[None]
    return Stages(logits_1QL, boxes_Q4[None], [logits_1QL], [boxes_Q4[None]], [(1, 2)])


def test_a_perfect_answer_costs_nothing_and_a_wrong_one_a_lot() -> None:
    truth = [Truth(torch.tensor([[0.25, 0.5, 0.3, 0.8]]), torch.tensor([[0.0, 1.0]]))]
    words = torch.ones(1, 2)
    right = torch.tensor([[0.25, 0.5, 0.3, 0.8], [0.75, 0.5, 0.3, 0.8]])
    loss, log = grounding_loss(stages(12.0, right), truth, words)
    assert float(loss) < 1e-3
    assert all(float(iou) > 0.999 for iou in log.values())
    wrong, _ = grounding_loss(stages(-12.0, right.flip(0)), truth, words)
    assert float(wrong) > 10


def test_edges_and_shape_by_hand() -> None:
    """A box of half the width: L1 = .1 + .2 = .3, GIoU = IoU = 1/2, 5 * .3 + 2 * .5 = 2.5 at each of two stages."""
    truth = [Truth(torch.tensor([[0.3, 0.5, 0.4, 0.8]]), torch.tensor([[0.0, 1.0]]))]
    half = torch.tensor([[0.2, 0.5, 0.2, 0.8], [0.9, 0.5, 0.1, 0.1]])
    loss, log = grounding_loss(stages(20.0, half), truth, torch.ones(1, 2))
    torch.testing.assert_close(loss, torch.tensor(5.0), atol=1e-3, rtol=0)
    torch.testing.assert_close(log["iou_0"], torch.tensor(0.5))


def test_padding_does_not_count() -> None:
    truth = [Truth(torch.zeros(0, 4), torch.zeros(0, 2))]
    right = torch.tensor([[0.25, 0.5, 0.3, 0.8], [0.75, 0.5, 0.3, 0.8]])
    both, _ = grounding_loss(stages(3.0, right), truth, torch.tensor([[1.0, 1.0]]))
    first, _ = grounding_loss(stages(3.0, right), truth, torch.tensor([[1.0, 0.0]]))
    half, _ = grounding_loss(stages(3.0, right), truth, torch.tensor([[1.0, 0.5]]))
    assert 0 < float(first) < 0.01 < float(both)  # only the second word is hot
    assert float(half) == pytest.approx((float(first) + float(both)) / 2)


def test_corner_form() -> None:
    torch.testing.assert_close(xyxy(torch.tensor([[0.5, 0.4, 0.2, 0.6]])), torch.tensor([[0.4, 0.1, 0.6, 0.7]]))
