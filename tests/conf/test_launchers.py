"""Where a sweep's jobs run: our launchers, laid over those of the plugins."""

import pytest
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

from tgs.config.compose import CONF, register
from tgs.config.eval import EvalConfig
from tgs.config.train import TrainConfig

register(EvalConfig, TrainConfig)


@pytest.fixture
def launcher():
    """launcher(overrides) -> what the launcher of a sweep with these words on the command line is given."""
    hydra = Hydra.create_main_hydra2("eval", create_config_search_path(CONF))
    yield lambda *overrides: hydra.compose_config("eval", [*overrides], RunMode.MULTIRUN).hydra.launcher
    GlobalHydra.instance().clear()


def test_slurm_starts_a_task_and_gives_a_gpu_for_every_device_of_the_trainer(launcher):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher", reason="needs the extra sweeps")
    one = launcher("hydra/launcher=slurm", "trainer=gpu", "prompt=raw,box")
    assert one._target_.endswith("SlurmLauncher")
    assert (one.nodes, one.tasks_per_node, one.gpus_per_node, one.max_num_timeout) == (1, 1, 1, 3)
    words = ("trainer=ddp", "trainer.devices=4", "trainer.num_nodes=2", "hydra.launcher.nodes=2", "prompt=raw,box")
    many = launcher("hydra/launcher=slurm", *words)
    assert (many.nodes, many.tasks_per_node, many.gpus_per_node) == (2, 4, 4)


def test_ray_gives_every_job_a_gpu_of_the_running_cluster(launcher):
    pytest.importorskip("hydra_plugins.hydra_ray_launcher", reason="an option, which make setup leaves out")
    cluster = launcher("hydra/launcher=ray_cluster", "trainer=gpu", "prompt=raw,box")
    assert cluster._target_.endswith("RayLauncher")
    assert (cluster.ray.init.address, cluster.ray.remote.num_gpus, cluster.ray.remote.num_cpus) == ("auto", 1, 8)
