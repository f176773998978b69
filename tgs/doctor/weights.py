"""The weights that a config names: are they there, are they those of their manifest, do they fit their models?"""

from __future__ import annotations

from pathlib import Path

from tgs.doctor.finding import Chart, Kind
from tgs.weights.catalogue import entry_of
from tgs.weights.examine import Found, Stages, State, examine, size_of

KINDS = {
    State.missing: Kind.missing_weights,
    State.unfit: Kind.bad_weights,
    State.changed: Kind.other_weights,
    State.unlisted: Kind.no_manifest,
}


def examine_weights(stages: Stages, zoo: Path, root: Path, checkpoint: Path | None = None) -> Chart:
    """Load what a run would load, but for the numbers of the language model.

    Args:
        stages, zoo, checkpoint: see `examine`.
        root: folder of the published weights: of what lies below it, the catalogue knows where it comes from.
    """
    chart = Chart()
    for found in examine(stages, zoo, checkpoint):
        note(found, root, chart)
    return chart


def note(found: Found, root: Path, chart: Chart) -> None:
    """Put into the chart what was found at one place."""
    if (kind := KINDS.get(found.state)) is not None:
        entry = entry_of(found.place, root) if found.state is State.missing else None
        chart.find(kind, found.place, found.told if entry is None else f"{found.place} is missing: {entry.described}")
    elif found.state is State.shipped:
        chart.facts[f"zoo: {found.place}"] = found.told
    elif found.state is State.there:
        chart.facts[f"{found.part}: {found.place}"] = "there; not loaded, for others are missing"
    else:
        chart.facts[f"{found.part}: {found.place}"] = f"fits, {size_of(found.place) / 1e6:.1f} MB"
