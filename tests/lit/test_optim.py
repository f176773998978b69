"""The learning rate at steps that can be worked out by hand."""

import math

import pytest
import torch

from tgs.errors import ConfigError
from tgs.lit.optim import Optim, configure


def test_warm_up_is_linear_and_ends_at_the_peak():
    optim = Optim(lr=1.0, warmup=0.1)
    assert [optim.factor(step, 40) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]


def test_cosine_is_half_way_down_in_the_middle_and_ends_at_the_floor():
    optim = Optim(lr=1.0, warmup=0.0, floor=0.2)  # one rising step, then 100 falling ones
    assert optim.factor(51, 101) == pytest.approx(0.2 + 0.8 * 0.5)
    assert optim.factor(101, 101) == pytest.approx(0.2)
    assert optim.factor(26, 101) == pytest.approx(0.2 + 0.8 * 0.5 * (1 + math.cos(math.pi / 4)))


def test_linear_falls_evenly():
    optim = Optim(lr=1.0, warmup=0.0, schedule="linear")  # type: ignore[arg-type]
    assert optim.factor(26, 101) == pytest.approx(0.75)


@pytest.mark.parametrize("bad", [{"lr": 0.0}, {"lr": 1.0, "warmup": 1.0}, {"lr": 1.0, "floor": 2.0}])
def test_values_out_of_range_are_refused(bad):
    with pytest.raises(ConfigError, match="optim"):
        Optim(**bad)


def test_configure_scales_each_group_by_the_same_factor():
    slow, fast = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1))
    made = configure([{"params": [slow], "lr": 0.1}, {"params": [fast]}], Optim(lr=1.0, warmup=0.5), steps=8)
    assert [group["lr"] for group in made["optimizer"].param_groups] == [0.025, 0.25]  # type: ignore[index]
