"""Which of several processes writes, however they were started."""

import pytest

from tgs.errors import ConfigError
from tgs.processes import RANKS, SIZES, first_process, refuse_overwrite_by_many


@pytest.fixture(autouse=True)
def nobody_started_us(monkeypatch):
    for name in (*RANKS, *SIZES):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("facts", "first"), [
    ({}, True),
    ({"LOCAL_RANK": "0", "NODE_RANK": "0", "WORLD_SIZE": "2"}, True),  # Lightning, which started the others
    ({"LOCAL_RANK": "1", "NODE_RANK": "0", "WORLD_SIZE": "2"}, False),  # started by it
    ({"RANK": "2", "LOCAL_RANK": "0", "WORLD_SIZE": "4"}, False),  # torchrun, the first of the second machine
    ({"SLURM_PROCID": "3", "SLURM_NTASKS": "4"}, False),
    ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, True),
])  # fmt: skip
def test_one_process_is_the_first(monkeypatch, facts, first):
    for name, value in facts.items():
        monkeypatch.setenv(name, value)
    assert first_process() is first


def test_a_folder_is_not_emptied_under_processes_that_have_started(monkeypatch):
    refuse_overwrite_by_many(True)
    monkeypatch.setenv("SLURM_NTASKS", "2")
    refuse_overwrite_by_many(False)
    with pytest.raises(ConfigError, match=r"overwrite=true .* remove the folder by hand"):
        refuse_overwrite_by_many(True)
    monkeypatch.setenv("SLURM_PROCID", "1")
    refuse_overwrite_by_many(True)  # the first process has said so
