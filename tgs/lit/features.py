"""Features of the frozen encoders, computed once per clip before training and kept as float16, in memory or on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import lightning as L
import torch

from tgs.digest import digest_value
from tgs.progress import shown
from tgs.think.feature_files import FeatureFiles, digest_module
from tgs.think.features import Features
from tgs.think.ref_thinker import RefThinker
from tgs.types import Clip


class FeatureBank:
    """Clips that were encoded, by name.

    Encoding a clip costs more than a training step on it; epochs never repeat it.

    Args:
        folder: where features are kept for later runs, too; None keeps them in memory. A clip of the paper's size
            takes 6 MB.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = None if folder is None else Path(folder)
        self._kept: dict[str, Features] | FeatureFiles = {}
        self._key: Mapping[str, str] = {}

    def fill(
        self,
        thinker: RefThinker,
        names: Sequence[str],
        load: Callable[[Sequence[str]], Iterable[Clip]],
        content: Callable[[str], str],
        *,
        process: int = 0,
        processes: int = 1,
    ) -> None:
        """Encode what is not there yet, of which several processes share the work if it is kept on disk.

        Args:
            thinker: its frozen encoders are used.
            names: of the clips, each once.
            load: gives the clips of some names, in order.
            content: digest of a clip's files, by which features on disk are known; not asked for those in memory.
            process, processes: which one of how many this is. The others' clips can be read once all are done.
        """
        if self.folder is not None:
            encoders = digest_value([digest_module(thinker.vision), thinker.vision.layer, digest_module(thinker.audio)])
            self._kept = FeatureFiles(self.folder, encoders)
        self._key = {name: name if self.folder is None else content(name) for name in names}
        own = names if self.folder is None else names[process::processes]
        lacking = [name for name in own if self._key[name] not in self._kept]
        with shown() as progress:
            for done, (name, clip) in enumerate(zip(lacking, load(lacking), strict=True), 1):
                self._kept[self._key[name]] = thinker.encode([clip]).to("cpu", torch.float16)
                progress("clips encoded:", done, len(lacking))

    def batch(self, names: Sequence[str], device: torch.device) -> list[Features]:
        """Features of single clips as float32 on a device."""
        return [self._kept[self._key[name]].to(device, torch.float32) for name in names]


def encode_together(
    task: L.LightningModule,
    bank: FeatureBank,
    thinker: RefThinker,
    names: Sequence[str],
    load: Callable[[Sequence[str]], Iterable[Clip]],
    content: Callable[[str], str],
) -> None:
    """Fill a bank in a task's `setup`, by all processes of its trainer, on their devices; arguments as of `fill`."""
    trainer = task.trainer
    for encoder in (thinker.vision, thinker.audio):  # Lightning moves the task after `setup` only
        encoder.to(task.device)
    bank.fill(thinker, names, load, content, process=trainer.global_rank, processes=trainer.world_size)
    trainer.strategy.barrier()
