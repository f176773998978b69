"""The machine against what was locked and asked for."""

import pytest

from tgs.commit import CHECKOUT
from tgs.doctor import environment
from tgs.doctor.environment import examine_environment, examine_packages, examine_python, examine_room, pins
from tgs.doctor.finding import Chart, Kind

PINNED = {"torch": "2.0", "numpy": "1.5", "typing-extensions": "4.0", "wandb": "0.3", "gitpython": "3.0"}
NEEDS = {"torch": ["typing_extensions>=4", "numpy>=1; extra == 'fast'"], "wandb": ["gitpython"]}


def found(chart: Chart) -> list[tuple[Kind, str]]:
    return [(finding.kind, finding.where) for finding in chart.findings]


def packages(**versions: str | None) -> list[tuple[Kind, str]]:
    """What is found with these versions in place of the pinned ones; tgs itself depends on torch only."""
    there = PINNED | {name.replace("_", "-"): version for name, version in versions.items()}
    chart = Chart()
    examine_packages(PINNED, ["torch==2.0"], chart, there.get, lambda name: NEEDS.get(name, ()))
    return found(chart)


def test_packages_as_locked_are_fine():
    assert packages() == []


def test_another_version_is_a_warning_and_a_missing_package_weighs_by_who_needs_it():
    assert packages(numpy="1.6") == [(Kind.other_version, "numpy")]
    assert packages(torch=None) == [(Kind.missing_package, "torch")]
    assert packages(typing_extensions=None) == [(Kind.missing_package, "typing-extensions")]
    assert packages(numpy=None, wandb=None) == [(Kind.missing_extra, "numpy"), (Kind.missing_extra, "wandb")]


def test_the_lock_is_read():
    text = 'torch==2.13.0 \\\n    --hash=sha256:aa\nu.v_w[x]==1.0 ; python_version < "3"\n# c==1\n'
    assert pins(text) == {"torch": "2.13.0", "u.v_w": "1.0"}
    assert len(pins((CHECKOUT / "requirements.lock").read_text())) > 100


@pytest.mark.parametrize(("there", "old"), [((3, 10, 9), True), ((3, 11, 0), False), ((3, 14, 0), False)])
def test_an_old_python_is_an_error(there, old):
    chart = Chart()
    examine_python(">=3.11", there, chart)
    assert found(chart) == [(Kind.old_python, "python")] * old


def test_devices_that_are_not_there(tmp_path):
    chart = examine_environment(accelerator="gpu", devices=1000, runs=tmp_path / "runs", checkout=tmp_path)
    assert (Kind.missing_device, "trainer.accelerator=gpu") in found(chart)
    assert (Kind.no_lock, "requirements.lock") in found(chart)
    assert "CPU" in chart.facts["devices"]


def test_little_room(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "ENOUGH_BYTES", 10**18)
    chart = Chart()
    examine_room(tmp_path / "not" / "yet", chart)
    assert (Kind.little_disk, str(tmp_path / "not" / "yet")) in found(chart)


def test_this_environment_runs_tgs(tmp_path):
    chart = examine_environment(accelerator="cpu", devices=1, runs=tmp_path)
    assert not {Kind.old_python, Kind.missing_package, Kind.missing_device} & {kind for kind, _ in found(chart)}
