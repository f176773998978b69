"""Average precision and exact sets, worked out by hand."""

import math

import pytest
import torch

from tgs.lit.zoo.scores import average_precision, exact_by_count, mean_average_precision


def test_average_precision_by_hand():
    scores, there = torch.tensor([0.9, 0.8, 0.7, 0.6]), torch.tensor([True, False, True, False])
    assert average_precision(scores, there) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert average_precision(-scores, there) == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert math.isnan(average_precision(scores, torch.zeros(4, dtype=torch.bool)))


def test_the_mean_leaves_out_classes_that_no_row_holds():
    scores = torch.tensor([[0.9, 0.1, 0.5], [0.2, 0.8, 0.4]])
    there = torch.tensor([[True, True, False], [False, False, False]])
    assert mean_average_precision(scores, there) == pytest.approx((1.0 + 0.5) / 2)


def test_exact_sets_by_number_of_classes():
    there = torch.tensor([[True, False], [True, False], [True, True], [False, False]])
    said = torch.tensor([[True, False], [True, True], [True, True], [False, False]])
    assert exact_by_count(said, there) == {0: 1.0, 1: 0.5, 2: 1.0}
