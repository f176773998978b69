"""Which parts the zoo holds, and by which experiment each is made."""

from __future__ import annotations

from pathlib import Path

from tgs.errors import ConfigError
from tgs.lit.run_folder import RunFolder

PARTS = {
    "vision": "zoo_vision",
    "audio": "zoo_audio",
    "llm": "zoo_llm",
    "phase1_audio": "phase1_audio",
    "phase1_visual": "phase1_visual",
    "grounder": "zoo_grounder",
    "segmenter": "zoo_segmenter_memory",
}
"""Folder of the zoo: name below conf/experiment."""
STAGES = (
    *list(PARTS.values())[:5], "zoo_grounder_backbone", "zoo_grounder", "zoo_segmenter", "zoo_segmenter_memory",
)  # fmt: skip
"""The experiments of `make zoo`; what comes right before grounder and segmenter is an ingredient of them, no part."""
SHIPPED = Path(__file__).parent
"""The zoo inside the package."""
CARD = "README.md"
"""A part's card is written by hand and is none of its files."""
MOST_BYTES = 30_000_000
"""All parts together: what a repository can carry."""
BAND = 0.03
"""How far a score may lie from the shipped one when the recipe is run again, absolute."""


def experiment_of(run: RunFolder) -> str:
    """The experiment that a run is of; runs that did not note it have its name."""
    return run.made_by().get("experiment") or run.path.name


def part_of(run: RunFolder) -> str:
    """The part that a run makes.

    Raises:
        ConfigError: its experiment makes none.
    """
    experiment = experiment_of(run)
    for part, name in PARTS.items():
        if name == experiment:
            return part
    raise ConfigError(f"{run.path} is a run of {experiment}; parts are made by {', '.join(PARTS.values())}")


def files_of(folder: Path) -> list[Path]:
    """A part's files in name order, without its card."""
    return sorted(file for file in folder.iterdir() if file.name != CARD)
