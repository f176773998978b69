"""Writes the whole benchmark: clips by several processes, then the lists, then, all at once, its place.

Everything is made in a folder beside the final one and renamed at the end, so that what stands under the
benchmark's name is always whole.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from tgs.errors import ConfigError, DataError
from tgs.pool import in_processes
from tgs.progress import Progress
from tgs.stickers.captions_set import CaptionPlan
from tgs.stickers.lists import CARD, write_lists
from tgs.stickers.plan import FolderPlan
from tgs.stickers.settings import StickersSettings
from tgs.stickers.sounds import SoundBank
from tgs.stickers.workshop import Workshop
from tgs.types import Split

Job = tuple[Split | None, int]
"""A clip of a split, or, with None, of the caption set."""

Result = list[FolderPlan] | CaptionPlan
"""What was made: the folders of a clip, or a captioned clip."""


def write_benchmark(
    root: Path,
    settings: StickersSettings,
    progress: Progress | None = None,
    *,
    sounds: Path | None = None,
    processes: int = 2,
    overwrite: bool = False,
) -> bool:
    """Make the benchmark, unless it is there already.

    Args:
        root: its folder; the files are the same for any number of processes.
        settings: what it is to hold.
        progress: called after every sound and every clip.
        sounds: folder where the single sounds are kept between runs; None is `{name}.sounds` beside `root`.
        processes: how many clips are made at the same time.
        overwrite: whether a made benchmark with other settings may be replaced.

    Returns:
        Whether anything was made; False if the same settings and version stand there already.

    Raises:
        ConfigError: another benchmark stands there and `overwrite` is not set, or `processes` is below 1.
        DataError: something else than a made benchmark stands there.
    """
    if processes < 1:
        raise ConfigError(f"processes={processes}: at least one is needed.")
    if _stands_there(root, settings, overwrite):
        return False
    part = root.with_name(f"{root.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    part.mkdir(parents=True)
    try:
        folders, captions = _make_clips(part, settings, progress, sounds or sounds_of(root), processes)
        write_lists(part, settings, folders, captions)
        if root.exists():
            shutil.rmtree(root)
        part.rename(root)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return True


def sounds_of(root: Path) -> Path:
    """Where the single sounds of a benchmark are kept unless told otherwise."""
    return root.with_name(f"{root.name}.sounds")


def _stands_there(root: Path, settings: StickersSettings, overwrite: bool) -> bool:
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    card = root / CARD
    if not card.is_file():
        raise DataError(f"{root} exists but is no made benchmark ({CARD} is missing). Choose another folder.")
    try:
        digest = json.loads(card.read_text(encoding="utf-8"))["settings_digest"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise DataError(f"{card} cannot be read ({error}). Remove {root} and make it again.") from error
    if digest == settings.digest():
        return True
    if not overwrite:
        raise ConfigError(
            f"{root} holds a benchmark with other settings or of another version (digest {digest}, wanted "
            f"{settings.digest()}). Choose another folder, or set overwrite=true to replace it."
        )
    return False


def _make_clips(
    part: Path, settings: StickersSettings, progress: Progress | None, sounds: Path, processes: int
) -> tuple[list[FolderPlan], list[CaptionPlan]]:
    jobs: list[Job] = [(split, index) for split in Split for index in range(getattr(settings, split))]
    jobs += [(None, index) for index in range(settings.captions)]
    folders: list[FolderPlan] = []
    captions: list[CaptionPlan] = []
    SoundBank.load(sounds, progress=partial(progress, "sounds") if progress else None)  # once, for all processes
    for done, result in enumerate(in_processes(Maker(settings, part, sounds), jobs, processes), 1):
        folders += result if isinstance(result, list) else []
        captions += [result] if isinstance(result, CaptionPlan) else []
        if progress:
            progress("clips", done, len(jobs))
    return folders, captions


@dataclass(frozen=True)
class Maker:
    """Makes clips of one benchmark; its workshop is opened by whichever process needs it."""

    settings: StickersSettings
    part: Path
    sounds: Path

    @cached_property
    def workshop(self) -> Workshop:
        """Art and sounds, loaded once a process."""
        return Workshop(self.settings, self.part, SoundBank.load(self.sounds))

    def __call__(self, job: Job) -> Result:
        """One clip, or one captioned scene."""
        split, index = job
        return self.workshop.make_caption(index) if split is None else self.workshop.make_clip(split, index)
