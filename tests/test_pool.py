"""Work in several processes: the same results in the same order, and a fault comes through."""

import os
from functools import partial
from operator import truediv

import pytest

from tgs.errors import ConfigError
from tgs.pool import in_processes


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers):
    assert list(in_processes(partial(truediv, 12), [4, 3, 2, 1, 6], workers)) == [3, 4, 6, 12, 2]


@pytest.mark.parametrize("workers", [1, 2])
def test_one_worker_is_this_process_and_several_are_others(workers):
    (process,) = in_processes(eval, ["__import__('os').getpid()"], workers)
    assert (process == os.getpid()) is (workers == 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_comes_through(workers):
    with pytest.raises(ZeroDivisionError):
        list(in_processes(partial(truediv, 12), [4, 0, 2], workers))


def test_at_least_one_process():
    with pytest.raises(ConfigError, match="workers=0: at least one"):
        list(in_processes(partial(truediv, 12), [1], 0))
