"""Would a config's weights load? Each is looked at by itself, so that everything that is missing is told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from tgs.errors import TgsError, WeightsError

Stages = Mapping[str, Mapping[str, Any]]
"""Settings of thinker, grounder and segmenter, resolved."""

PLACES = {"weights": "", "text": ".text"}
"""Keys of a detector's or segmenter's settings that name weights, and what each is called behind the stage's name."""


class State(StrEnum):
    """What was found at a place."""

    fits = "fits"
    shipped = "fits, as shipped"  # it is what the zoo's manifest says
    there = "there"  # what it belongs to lacks something else, and could not be loaded
    missing = "missing"
    unfit = "does not fit"  # or is damaged
    changed = "changed"  # it is not what the zoo's manifest says
    unlisted = "not in the manifest"


@dataclass(frozen=True)
class Found:
    """One place that a config names.

    Attributes:
        part: which setting names it, as `thinker.llm`.
        place: a file or folder.
        state: see `State`.
        told: what is wrong with it.
    """

    part: str
    place: Path
    state: State
    told: str = ""


def examine(stages: Stages, zoo: Path, checkpoint: Path | None = None) -> list[Found]:
    """Load what a run would load, but for the numbers of the language model; look up digests of the zoo's parts.

    Args:
        stages: see `Stages`.
        zoo: folder of the shipped weights, whose manifest knows their digests.
        checkpoint: folder of a phase-2 export.
    """
    found = examine_thinker(stages["thinker"], checkpoint)
    for name in ("grounder", "segmenter"):
        found += examine_component(name, stages[name])
    return found + examine_digests([one.place for one in found], zoo)


def examine_thinker(settings: Mapping[str, Any], checkpoint: Path | None = None) -> list[Found]:
    """Part by part; then, if each is fine, all together."""
    import torch

    from tgs.think.outline import check_whole, part_checks

    settings = {key: value for key, value in settings.items() if key != "_target_"}
    with torch.device("meta"):
        found = [_look(*part) for part in part_checks(settings, checkpoint)]
    if all(one.state is State.fits for one in found):
        found.append(_look("thinker", Path(settings["weights"]), partial(check_whole, settings, checkpoint)))
    return found


def examine_component(name: str, settings: Mapping[str, Any]) -> list[Found]:
    """A detector or a segmenter: it is built as a run would build it.

    Args:
        name: grounder or segmenter.
        settings: its own.
    """
    places = {f"{name}{PLACES[key]}": Path(settings[key]) for key in PLACES if settings.get(key) is not None}
    whole = _look(name, places[name], partial(instantiate, settings, _convert_="all"))
    if whole.state is State.fits:
        return [Found(part, place, State.fits) for part, place in places.items()]
    absent = [part for part, place in places.items() if not place.exists()]
    blamed, state = (absent, State.missing) if absent else ([name], State.unfit)
    return [
        Found(part, place, state, whole.told) if part in blamed else Found(part, place, State.there)
        for part, place in places.items()
    ]


def _look(part: str, place: Path, check: Callable[[], object]) -> Found:
    """Whether a check passes; whatever it raises is told."""
    try:
        check()
    except Exception as raised:  # damaged files raise what they like, and none of it may end the examination
        error = raised.__cause__ if isinstance(raised, InstantiationException) and raised.__cause__ else raised
        told = str(error) if isinstance(error, TgsError) else f"{type(error).__name__}: {error}"
        return Found(part, place, State.unfit if place.exists() else State.missing, told)
    return Found(part, place, State.fits)


def examine_digests(places: Iterable[Path], zoo: Path) -> list[Found]:
    """Hold the parts of the zoo that a config names against its manifest."""
    from tgs.zoo import manifest
    from tgs.zoo.parts import PARTS
    from tgs.zoo.verify import of_files

    named = {part_of_zoo(place, zoo) for place in places}
    used = [part for part in PARTS if part in named]
    if not used:
        return []
    try:
        entries = manifest.read(zoo)
    except WeightsError as error:
        return [Found("zoo", zoo, State.unlisted, str(error))]
    found = []
    for part in used:
        if part not in entries:
            found.append(Found("zoo", zoo / part, State.unlisted, f"not in {manifest.NAME}"))
        elif (zoo / part).is_dir():
            check = of_files(part, zoo / part, entries[part])
            found.append(Found("zoo", zoo / part, State.shipped if check.ok else State.changed, check.told))
    return found


def part_of_zoo(place: Path, zoo: Path) -> str | None:
    """The part of the zoo that a place is, or lies in; None if it is elsewhere."""
    from tgs.zoo.parts import PARTS

    return next((part for part in PARTS if place.is_relative_to(zoo / part)), None)


def size_of(place: Path) -> int:
    """Bytes of a file, or of a folder's files; 0 if nothing is there."""
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(file.stat().st_size for file in files if file.is_file())
