"""The weights that a config names: are they there, are they those of their manifest, do they fit their models?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from tgs.doctor.finding import Chart, Kind
from tgs.errors import TgsError, WeightsError

Stages = Mapping[str, Mapping[str, Any]]
"""Settings of thinker, grounder and segmenter, resolved."""


def examine_weights(stages: Stages, zoo: Path, checkpoint: Path | None = None) -> Chart:
    """Load what a run would load, but for the numbers of the language model.

    Args:
        stages: see `Stages`.
        zoo: folder of the shipped weights, whose manifest knows their digests.
        checkpoint: folder of a phase-2 export.
    """
    chart = Chart()
    examine_thinker(stages["thinker"], checkpoint, chart)
    for name in ("grounder", "segmenter"):
        place = Path(stages[name]["weights"])
        _try(chart, name, place, partial(instantiate, stages[name], _convert_="all"))
    examine_digests([Path(stage["weights"]) for stage in stages.values()], zoo, chart)
    return chart


def examine_thinker(settings: Mapping[str, Any], checkpoint: Path | None, chart: Chart) -> None:
    """Part by part, so that everything that is missing is named; then all together."""
    import torch

    from tgs.think.outline import check_whole, part_checks

    settings = {key: value for key, value in settings.items() if key != "_target_"}
    with torch.device("meta"):
        fine = [_try(chart, "thinker", place, check) for place, check in part_checks(settings, checkpoint)]
    if all(fine):
        _try(chart, "thinker, all parts", Path(settings["weights"]), partial(check_whole, settings, checkpoint))


def _try(chart: Chart, stage: str, place: Path, check: Callable[[], object]) -> bool:
    """Whether a check passes; whatever it raises is a finding."""
    try:
        check()
    except Exception as raised:  # damaged files raise what they like, and none of it may end the examination
        error = raised.__cause__ if isinstance(raised, InstantiationException) and raised.__cause__ else raised
        told = str(error) if isinstance(error, TgsError) else f"{type(error).__name__}: {error}"
        chart.find(Kind.bad_weights if place.exists() else Kind.missing_weights, place, told)
        return False
    chart.facts[f"{stage}: {place}"] = f"fits, {size_of(place) / 1e6:.1f} MB"
    return True


def size_of(place: Path) -> int:
    """Bytes of a file, or of a folder's files."""
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(file.stat().st_size for file in files if file.is_file())


def examine_digests(named: list[Path], zoo: Path, chart: Chart) -> None:
    """Hold the parts of the zoo that a config names against the manifest."""
    from tgs.zoo import manifest
    from tgs.zoo.parts import PARTS
    from tgs.zoo.verify import of_files

    used = [part for part in PARTS if any(_meet(zoo / part, place) for place in named)]
    if not used:
        return
    try:
        entries = manifest.read(zoo)
    except WeightsError as error:
        chart.find(Kind.no_manifest, zoo, error)
        return
    for part in used:
        if part not in entries:
            chart.find(Kind.no_manifest, zoo / part, f"not in {manifest.NAME}")
        elif (zoo / part).is_dir() and not (check := of_files(part, zoo / part, entries[part])).ok:
            chart.find(Kind.other_weights, zoo / part, check.told)
    chart.facts["zoo"] = f"digests of {', '.join(used)} looked up in {zoo / manifest.NAME}"


def _meet(part: Path, place: Path) -> bool:
    """Whether one lies in the other."""
    return place.is_relative_to(part) or part.is_relative_to(place)
