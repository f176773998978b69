"""The machine: Python, packages against the lock, devices, memory, disk."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from tgs.commit import CHECKOUT
from tgs.doctor.finding import Chart, Kind

ENOUGH_BYTES = 2_000_000_000
"""Of memory and of disk: what the tiny scale needs, with room to spare."""

LOCK, PROJECT = "requirements.lock", "pyproject.toml"


def examine_environment(*, accelerator: str, devices: int, runs: Path, checkout: Path = CHECKOUT) -> Chart:
    """Look at the machine.

    Args:
        accelerator, devices: what the trainer is to be given.
        runs: where runs are written.
        checkout: folder of pyproject.toml and requirements.lock.
    """
    chart = Chart()
    chart.facts["python"] = sys.version.split()[0]
    if (checkout / LOCK).is_file():
        project = tomllib.loads((checkout / PROJECT).read_text(encoding="utf-8"))["project"]
        examine_python(project["requires-python"], sys.version_info[:3], chart)
        examine_packages(pins((checkout / LOCK).read_text(encoding="utf-8")), project["dependencies"], chart)
    else:
        chart.find(Kind.no_lock, LOCK, f"not in {checkout}")
    examine_devices(accelerator, devices, chart)
    examine_room(runs, chart)
    return chart


def examine_python(wanted: str, there: tuple[int, ...], chart: Chart) -> None:
    """Hold Python against `>=X.Y`."""
    oldest = tuple(int(number) for number in wanted.removeprefix(">=").split("."))
    if there < oldest:
        chart.find(Kind.old_python, "python", f"{'.'.join(map(str, there))}, wanted {wanted}")


def pins(lock: str) -> dict[str, str]:
    """Version by name of every pinned package, without hashes."""
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[.*\])?==([^\s;\\]+)", lock, re.MULTILINE))


def installed(name: str) -> str | None:
    """Version of an installed package without its build, as `2.13.0` of `2.13.0+cpu`; None if there is none."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return None


def needed_by(name: str) -> Iterable[str]:
    """Requirements of an installed package."""
    return requires(name) or ()


def examine_packages(
    pinned: Mapping[str, str],
    dependencies: Iterable[str],
    chart: Chart,
    installed: Callable[[str], str | None] = installed,
    needed_by: Callable[[str], Iterable[str]] = needed_by,
) -> None:
    """Hold what is installed against the lock.

    Args:
        pinned: version by name.
        dependencies: requirements without which tgs does not run; theirs are looked up.
        chart: takes the findings.
        installed, needed_by: version and requirements of a package.
    """
    there = {name: installed(name) for name in pinned}
    needed = _closure(dependencies, there, needed_by)
    for name, wanted in pinned.items():
        if (got := there[name]) is None:
            kind = Kind.missing_package if name in needed else Kind.missing_extra
            chart.find(kind, name, f"not installed, {wanted} in the lock")
        elif got != wanted:
            chart.find(Kind.other_version, name, f"{got}, {wanted} in the lock")
    chart.facts["packages"] = f"{sum(got == pinned[name] for name, got in there.items())} of {len(pinned)} as locked"


def _closure(
    dependencies: Iterable[str], there: Mapping[str, str | None], needed_by: Callable[[str], Iterable[str]]
) -> set[str]:
    """Names of pinned packages that some requirements lead to, extras left out."""
    needed: set[str] = set()
    ahead = list(dependencies)
    while ahead:
        requirement = ahead.pop()
        name = re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")
        if "extra ==" in requirement or name in needed or name not in there:
            continue
        needed.add(name)
        if there[name] is not None:
            ahead += needed_by(name)
    return needed


def examine_devices(accelerator: str, devices: int, chart: Chart) -> None:
    """Hold what torch sees against what the trainer is to be given."""
    import torch

    chart.facts["torch"] = torch.__version__
    cards = [torch.cuda.get_device_properties(card) for card in range(torch.cuda.device_count())]
    told = [f"{card.name}, {card.total_memory / 1e9:.0f} GB" for card in cards]
    chart.facts["devices"] = "; ".join([f"CPU, {torch.get_num_threads()} threads", *told])
    if accelerator in ("gpu", "cuda") and devices > len(cards):
        chart.find(
            Kind.missing_device, f"trainer.accelerator={accelerator}", f"{devices} asked for, {len(cards)} there"
        )


def examine_room(runs: Path, chart: Chart) -> None:
    """Free memory, where the system tells it, and free disk at the nearest folder that exists."""
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        kilobytes = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(), re.MULTILINE)
        if kilobytes:
            _room("memory", "free memory", int(kilobytes[1]) * 1024, Kind.little_memory, chart)
    nearest = next(folder for folder in (runs.resolve(), *runs.resolve().parents) if folder.is_dir())
    _room(str(runs), "free disk", shutil.disk_usage(nearest).free, Kind.little_disk, chart)


def _room(where: str, what: str, free: int, kind: Kind, chart: Chart) -> None:
    chart.facts[what] = f"{free / 1e9:.1f} GB"
    if free < ENOUGH_BYTES:
        chart.find(kind, where, f"{free / 1e9:.1f} GB")
