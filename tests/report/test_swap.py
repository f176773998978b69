"""Losses by stage: their signs, and that they add up, for references and for pooled numbers."""

import numpy as np
import pytest

from tgs.report.results import read
from tgs.report.swap import Swap, stage_losses, swap_grid
from tgs.types import Measure


@pytest.fixture
def swap(write):
    """Named right, the second reference does worse; the null row is rejected by the true name."""

    def swap(protocol="tgs"):
        run = write("run", seen=[0.2, 0.6], unseen=[0.5], null=[0.3, 0.0], protocol=protocol)
        name = write("name", seen=[0.7, 0.5], unseen=[0.5], null=[0.1, 0.0], protocol=protocol, policy="category")
        box = write("box", seen=[0.9, 0.8], unseen=[0.6], null=[0.0, 0.0], protocol=protocol, policy="box")
        return Swap(read(run), read(name), read(box))

    return swap


def test_losses_of_references_by_hand(swap):
    loss_K3 = swap().losses()
    assert loss_K3 == pytest.approx(
        np.array([[0.5, 0.2, 0.1], [-0.1, 0.3, 0.2], [0, 0.1, 0.4], [0.2, 0.1, 0], [0, 0, 0]])
    )
    assert loss_K3.sum(axis=1) == pytest.approx([0.8, 0.4, 0.5, 0.3, 0.0])


def test_losses_of_a_split_are_the_means_of_its_references(swap):
    numbers = swap().numbers()
    assert list(numbers) == [Measure.seen, Measure.unseen, Measure.mix, Measure.null_s]
    losses = {measure: [loss.value for loss in stage_losses(measure, chain)] for measure, chain in numbers.items()}
    assert losses[Measure.seen] == pytest.approx([0.2, 0.25, 0.15])
    assert losses[Measure.null_s] == pytest.approx([0.1, 0.05, 0])
    assert losses[Measure.mix] == pytest.approx([0.1, 0.175, 0.275])


@pytest.mark.parametrize("protocol", ["tgs", "refavs", "simtoken", "article"])
def test_losses_add_up_by_every_protocol_s_own_pooling_on_every_resample(swap, protocol):
    for measure, chain in swap(protocol).numbers().items():
        losses, run = stage_losses(measure, chain), chain[0]
        lacking = run if measure.is_s else 1 - run
        assert sum(loss.value for loss in losses) == pytest.approx(lacking.value)
        assert np.sum([loss.values_R for loss in losses], axis=0) == pytest.approx(lacking.values_R, nan_ok=True)


def test_intervals_are_paired(swap):
    """On Seen a draw gives the first, both or the second clip: Think's loss is then 0.5, 0.2 or -0.1."""
    think = stage_losses(Measure.seen, swap().numbers()[Measure.seen])[0]
    assert set(np.round(think.values_R, 6)) == {0.5, 0.2, -0.1}


def test_the_table(swap):
    grid = swap_grid(swap().numbers())
    assert list(grid.rows[0]) == ["Seen J&F", "40.0", "60.0", "85.0", "20.0 [-10.0, 50.0]", "25.0 [20.0, 30.0]",
                                  "15.0 [10.0, 20.0]"]  # fmt: skip
    assert list(grid.rows[3])[:4] == ["Null S", "0.150", "0.050", "0.000"]
