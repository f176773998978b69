"""Makes the benchmark for a person who waits: a progress bar, and a line about what there is now."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tgs.stickers.settings import StickersSettings
from tgs.stickers.write import write_benchmark


def make(
    settings: StickersSettings,
    root: Path,
    *,
    sounds: Path | None = None,
    processes: int = 2,
    overwrite: bool = False,
    console: Console | None = None,
) -> bool:
    """Make the benchmark at `root` and say so; see `write.write_benchmark`.

    Args:
        settings: what it is to hold.
        root: its folder.
        sounds: where the single sounds are kept between runs; None is `{name}.sounds` beside `root`.
        processes: how many clips are made at the same time.
        overwrite: whether a made benchmark with other settings may be replaced.
        console: where to tell; None is the terminal's.

    Returns:
        Whether anything was made.
    """
    console = console or Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        made = write_benchmark(
            root,
            settings,
            lambda what, done, total: bar.update(task, completed=done, total=total, description=f"making {what}"),
            sounds=sounds,
            processes=processes,
            overwrite=overwrite,
        )
    state = "made" if made else "is there already, with the same settings; nothing to do"
    console.print(f"stickers {settings.digest()}: {root} {state}")
    return made
