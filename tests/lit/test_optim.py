"""The learning rate at steps that can be worked out by hand."""

import math
from copy import deepcopy

import pytest
import torch

from tgs.errors import ConfigError
from tgs.lit.optim import Optim, configure, hidden_matrices


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


def model() -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Embedding(40, 32), torch.nn.Linear(32, 64), torch.nn.Linear(64, 5))


def test_muon_takes_the_matrices_between_embeddings_and_narrow_heads():
    table, hidden, head = model()
    assert hidden_matrices(torch.nn.Sequential(table, hidden, head)) == [hidden.weight]
    tied = torch.nn.Linear(32, 40, bias=False)
    tied.weight = table.weight
    assert hidden_matrices(torch.nn.Sequential(table, tied)) == []


def test_muon_and_adamw_step_together_and_go_on_from_their_state():
    def step(net, made) -> None:
        net(torch.arange(8)).pow(2).mean().backward()
        made["optimizer"].step()
        made["optimizer"].zero_grad()
        made["lr_scheduler"]["scheduler"].step()

    def configured(net):
        return configure(net.parameters(), Optim(lr=1e-2, muon_lr=2e-2, warmup=0.5), 8, hidden_matrices(net))

    one = model()
    made = configured(one)
    assert [group["lr"] for group in made["optimizer"].param_groups] == [2e-2 / 4, 1e-2 / 4]
    before = [p.detach().clone() for p in one.parameters()]
    step(one, made)
    assert all(not p.equal(old) for p, old in zip(one.parameters(), before, strict=True))
    # the gradient has rank 5, the head's width: 5 singular values of about 1, times 0.2 sqrt(64) lr
    moved = float((one[1].weight.detach() - before[1]).norm())
    assert moved == pytest.approx(2e-2 / 4 * 0.2 * 64**0.5 * 5**0.5, rel=0.25)

    other = model()
    other.load_state_dict(one.state_dict())
    again = configured(other)
    again["optimizer"].load_state_dict(deepcopy(made["optimizer"].state_dict()))  # tensors would be shared
    again["lr_scheduler"]["scheduler"].load_state_dict(made["lr_scheduler"]["scheduler"].state_dict())
    step(one, made)
    step(other, again)
    assert all(p.equal(q) for p, q in zip(one.parameters(), other.parameters(), strict=True))
