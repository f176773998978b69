"""Writes the whole benchmark: clips by several processes, then the lists, then, all at once, its place.

Everything is made in a folder beside the final one and renamed at the end, so that what stands under the
benchmark's name is always whole.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tgs.errors import ConfigError, DataError
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

Progress = Callable[[str, int, int], None]
"""Told of what ("sounds", "clips") how many are made, of how many."""


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
    with _running(part, settings, sounds, processes) as made:
        for done, result in enumerate(made(jobs), 1):
            folders += result if isinstance(result, list) else []
            captions += [result] if isinstance(result, CaptionPlan) else []
            if progress:
                progress("clips", done, len(jobs))
    return folders, captions


@contextmanager
def _running(
    part: Path, settings: StickersSettings, sounds: Path, processes: int
) -> Iterator[Callable[[list[Job]], Iterator[Result]]]:
    """A function that runs jobs, in order, in this process or in several."""
    opening = (settings, part, sounds)
    if processes == 1:
        workshop = Workshop(settings, part, SoundBank.load(sounds))
        yield lambda jobs: (_make(workshop, job) for job in jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_open_workshop, initargs=opening) as pool:
        try:
            yield lambda jobs: pool.map(_make_in_process, jobs, chunksize=4)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


_workshop: Workshop | None = None  # of one of the pool's processes


def _open_workshop(settings: StickersSettings, part: Path, sounds: Path) -> None:
    global _workshop
    _workshop = Workshop(settings, part, SoundBank.load(sounds))


def _make_in_process(job: Job) -> Result:
    assert _workshop is not None, "the pool's initializer opens it"
    return _make(_workshop, job)


def _make(workshop: Workshop, job: Job) -> Result:
    split, index = job
    return workshop.make_caption(index) if split is None else workshop.make_clip(split, index)
