"""Is the zoo what its manifest says, made as conf says, from the parts beside it, and as good as it was?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tgs.digest import digest_path, digest_value
from tgs.errors import DataError, WeightsError
from tgs.lit.run_folder import RunFolder, differing
from tgs.zoo import manifest
from tgs.zoo.parts import MOST_BYTES, PARTS
from tgs.zoo.recipe import Today, recipe_of, today

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `ok` is None where it could not be."""

    part: str
    what: str
    ok: bool | None
    told: str


def verify(zoo: Path, runs: Path, *, scores: bool = False) -> list[Check]:
    """Every check of every part.

    Args:
        zoo: folder of the parts and their manifest.
        runs: where fresh runs of the recipes may lie.
        scores: also measure the weights again, which takes minutes.
    Raises:
        WeightsError: the zoo has no manifest.
    """
    entries = manifest.read(zoo)
    checks = []
    for part, experiment in PARTS.items():
        if part not in entries or not (zoo / part).is_dir():
            there = "the folder" if part in entries else "the manifest"
            checks.append(Check(part, "files", False, f"{there} lacks it"))
            continue
        now, entry = today(experiment), entries[part]
        checks += [
            of_files(part, zoo / part, entry),
            of_recipe(part, entry, now),
            of_ingredients(part, zoo, entry),
            of_gate(part, entry, now),
            of_fresh_run(part, RunFolder(runs / "train" / experiment), entry),
        ]
        if scores:
            checks.append(of_scores(part, zoo, runs, entry))
    checks += [Check(part, "files", False, "no part of the zoo") for part in sorted(set(entries) - set(PARTS))]
    return [*checks, of_size(zoo)]


def of_files(part: str, folder: Path, entry: Entry) -> Check:
    """The files are those that were installed."""
    there, noted = manifest.files(folder), entry["files"]
    faults = [f"{name} is missing" for name in noted if name not in there]
    faults += [f"{name} is not in the manifest" for name in there if name not in noted]
    faults += [f"{name} has changed" for name in noted if name in there and there[name] != noted[name]]
    return Check(part, "files", not faults, "; ".join(faults) or f"{len(noted)} as installed")


def of_recipe(part: str, entry: Entry, now: Today) -> Check:
    """The recipe that made the part is the one that conf has now."""
    if digest_value(entry["recipe"]) != entry["recipe_digest"]:
        return Check(part, "recipe", False, "the manifest's recipe is not the one of its digest")
    if entry["recipe_digest"] == digest_value(now.recipe):
        return Check(part, "recipe", True, f"{entry['experiment']} {entry['recipe_digest']}")
    names = ", ".join(differing(dict(entry["recipe"]), now.recipe))
    return Check(part, "recipe", False, f"{entry['experiment']} has changed since: {names}")


def of_ingredients(part: str, zoo: Path, entry: Entry) -> Check:
    """The parts that it was trained on are those beside it."""
    needed = {name: digest for name, digest in entry["ingredients"].items() if name in PARTS}
    if not needed:
        return Check(part, "made from", True, "nothing of the zoo")
    other = [name for name, digest in needed.items() if not (zoo / name).is_dir() or digest_path(zoo / name) != digest]
    told = f"trained on another {', '.join(other)}" if other else ", ".join(needed)
    return Check(part, "made from", not other, told)


def of_gate(part: str, entry: Entry, now: Today) -> Check:
    """The shipped scores pass the gate as it is now."""
    if now.gate is None:
        return Check(part, "gate", None, "its experiment has none")
    if now.gate.score not in entry["scores"]:
        return Check(part, "gate", False, f"{now.gate.score} is not among the scores of the manifest")
    verdict = now.gate.judge(entry["scores"])
    return Check(part, "gate", verdict["passed"], f"{now.gate.score} {verdict['reached']:.3f}, {now.gate.wanted}")


def of_fresh_run(part: str, run: RunFolder, entry: Entry) -> Check:
    """A finished run of the same recipe scores the same, within the band."""
    if not run.done:
        return Check(part, "fresh run", None, f"none at {run.path}")
    if run.summary()["ended"] == entry["ended"]:
        return Check(part, "fresh run", None, f"{run.path} is the run that was installed")
    if digest_value(recipe_of(run.made_by()["settings"])) != entry["recipe_digest"]:
        return Check(part, "fresh run", None, f"{run.path} is of another recipe")
    return _within(part, "fresh run", run.summary()["scores"], entry)


def of_scores(part: str, zoo: Path, runs: Path, entry: Entry) -> Check:
    """The weights as shipped score what they scored when they were trained, within the band."""
    from tgs.zoo.measure import measure

    try:
        return _within(part, "measured", measure(part, zoo, runs), entry)
    except DataError as error:
        return Check(part, "measured", None, f"not measured: {error}")
    except WeightsError as error:
        return Check(part, "measured", False, str(error))


def of_size(zoo: Path) -> Check:
    """All parts and cards together are small enough to be shipped."""
    total = size_of(zoo)
    return Check("all", "size", total <= MOST_BYTES, f"{total / 1e6:.1f} MB of at most {MOST_BYTES / 1e6:.0f}")


def size_of(zoo: Path) -> int:
    """Bytes of all parts, their cards and the manifest."""
    kept = [file for part in PARTS if (zoo / part).is_dir() for file in (zoo / part).rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in [*kept, *zoo.glob(manifest.NAME)])


def _within(part: str, what: str, scores: Mapping[str, float], entry: Entry) -> Check:
    if not entry["band"]:
        return Check(part, what, None, "the manifest states no band")
    told, ok = [], True
    for name, band in entry["band"].items():
        shipped, got = entry["scores"][name], scores.get(name)
        told.append(f"{name} {'missing' if got is None else f'{got:.3f}'}, shipped {shipped:.3f} +- {band:g}")
        ok = ok and got is not None and abs(got - shipped) <= band
    return Check(part, what, ok, "; ".join(told))
