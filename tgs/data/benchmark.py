"""A benchmark as work for the agent: some clips at a time, each with all its references and their true masks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import lightning
import torch
from torch.utils.data import DataLoader, Dataset

from tgs.data.collate import as_is
from tgs.data.content import footage_of, truth_of
from tgs.data.control import Controlled
from tgs.data.files import BenchmarkFiles
from tgs.data.media import N_FRAMES
from tgs.data.records import one_per_uid
from tgs.data.rows import by_folder, known_splits
from tgs.errors import ConfigError
from tgs.types import Control, Footage, Reference, Split, Truth


@dataclass(frozen=True)
class ClipWork:
    """Everything about one clip that an evaluation needs; nothing of it is read before somebody looks at it.

    Attributes:
        footage: frames and sound.
        references: those asked of it, in csv order.
        truths: true masks, one per reference; references to one object share one.
        shown: what the thinker sees and hears: `footage` itself, unless a control changed it.
    """

    footage: Footage
    references: tuple[Reference, ...]
    truths: tuple[Truth, ...]
    shown: Footage


@dataclass(frozen=True)
class ClipWorks(Dataset[list[ClipWork]]):
    """The clips of a benchmark, each with its references and true masks, some at a time.

    Attributes:
        files: of the benchmark.
        batches: of each clip its references, some clips at a time.
        n_frames: of a clip.
        control: what the thinker is given.
    """

    files: BenchmarkFiles
    batches: Sequence[Sequence[tuple[Reference, ...]]]
    n_frames: int
    control: Controlled

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> list[ClipWork]:
        """Some clips. What is unusable raises DataError when it is looked at."""
        return [self._work(group) for group in self.batches[index]]

    def _work(self, group: tuple[Reference, ...]) -> ClipWork:
        files = self.files
        footage = footage_of(files, group[0].folder, self.n_frames)
        fids = [None if reference.is_null else reference.fid for reference in group]
        truths = {fid: truth_of(files, footage, fid) for fid in fids}
        shown = self.control.shown(footage, group[0].split, files)
        return ClipWork(footage, group, tuple(truths[fid] for fid in fids), shown)


class BenchmarkData(lightning.LightningDataModule):
    """The evaluation's data: `predict` and `test` loaders that give some `ClipWork` at a time."""

    def __init__(
        self,
        *,
        files: BenchmarkFiles,
        splits: Collection[Split | str] | None = None,
        only: Collection[str] = (),
        limit_clips: int | None = None,
        batch_clips: int = 4,
        n_frames: int = N_FRAMES,
        control: Control | str = Control.none,
        control_seed: int = 0,
        one_per_uid: bool = False,
    ) -> None:
        """Nothing is read before `setup`.

        Args:
            files: where the benchmark lies.
            splits: which to evaluate; None takes all in the csv.
            only: only references of these uids; empty takes all. With this or `limit_clips` the numbers are partial,
                and summaries say so, because `references` still lists all.
            limit_clips: only the first so many clips.
            batch_clips: so many are thought about at once.
            n_frames: frames of a clip.
            control: what the thinker is given instead of its clip.
            control_seed: chooses the other clips.
            one_per_uid: lose rows whose uid another row has, as the released code does; see `records.one_per_uid`.
                `references` then lists those that are left: nobody expects the lost ones.
        Raises:
            ConfigError: an unknown or empty list of splits, or a limit below 1.
        """
        super().__init__()
        if limit_clips is not None and limit_clips < 1:
            raise ConfigError(f"limit_clips={limit_clips} must be at least 1, or null for all clips.")
        if batch_clips < 1:
            raise ConfigError(f"batch_clips={batch_clips} must be at least 1.")
        self.files, self.limit_clips, self.n_frames = files, limit_clips, n_frames
        self.batch_clips = batch_clips
        self.only = frozenset(only)
        self.splits = None if splits is None else known_splits(splits)
        self.control, self.control_seed, self.one_per_uid = Control(control), control_seed, one_per_uid
        self.references: list[Reference] = []
        self.allow_zero_length_dataloader_with_multiple_devices = True  # there may be more processes than clips

    def setup(self, stage: str | None = None) -> None:
        """Read the csv once, whatever the stage: `references` then lists every reference of the chosen splits.

        Raises:
            DataError: the csv is unusable or has no row in these splits.
            ConfigError: the control needs another clip, and a split has none; a uid of `only` is not there.
        """
        if not self.references:
            self.references = self.files.references(self.splits)
            if self.one_per_uid:
                self.references = one_per_uid(self.references)
            if unknown := sorted(self.only - {reference.uid for reference in self.references}):
                raise ConfigError(f"only={unknown}: no such uid in the chosen splits of {self.files.csv}.")
            self.controlled = Controlled.of(self.control, self.references, self.control_seed)

    @property
    def groups(self) -> list[tuple[Reference, ...]]:
        """References by clip, of the clips that are handed out."""
        wanted = [reference for reference in self.references if not self.only or reference.uid in self.only]
        return by_folder(wanted)[: self.limit_clips]

    @property
    def asked(self) -> list[Reference]:
        """References of the clips that are handed out: all of `references` unless `only` or `limit_clips` is set."""
        return [reference for group in self.groups for reference in group]

    def first_clips(self, count: int) -> list[str]:
        """Media folders of the first so many clips of each split, among those that are handed out."""
        by_split: dict[Split, list[str]] = {}
        for group in self.groups:
            by_split.setdefault(group[0].split, []).append(group[0].folder)
        return [folder for folders in by_split.values() for folder in folders[:count]]

    def predict_dataloader(self) -> DataLoader[list[ClipWork]]:
        """`batch_clips` clips at a time, in csv order; of several processes, each takes every so many'th batch."""
        groups, size, trainer = self.groups, self.batch_clips, self.trainer
        batches = [groups[start : start + size] for start in range(0, len(groups), size)]
        own = batches[trainer.global_rank :: trainer.world_size] if trainer else batches
        works = ClipWorks(self.files, own, self.n_frames, self.controlled)
        return DataLoader(works, batch_size=None, collate_fn=as_is)

    def test_dataloader(self) -> DataLoader[list[ClipWork]]:
        """The same."""
        return self.predict_dataloader()

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Stages move what they need themselves; frozen nouns stay as they are."""
        return batch
