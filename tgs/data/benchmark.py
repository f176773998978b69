"""A benchmark as work for the agent: one clip at a time, with all its references and their true masks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from tgs.data.collate import as_is
from tgs.data.control import Controlled
from tgs.data.files import BenchmarkFiles
from tgs.data.media import N_FRAMES, load_clip, load_masks
from tgs.data.records import one_per_uid
from tgs.data.rows import by_folder, known_splits
from tgs.errors import ConfigError
from tgs.types import Clip, Control, Reference, Split


@dataclass(frozen=True)
class ClipWork:
    """Everything about one clip that an evaluation needs.

    Attributes:
        clip: frames and sound.
        references: those asked of it, in csv order.
        truths: true masks, bool (N, H, W), one per reference; references to one object share one array.
        shown: what the thinker sees and hears: `clip` itself, unless a control changed it.
    """

    clip: Clip
    references: tuple[Reference, ...]
    truths: tuple[NDArray[np.bool_], ...]
    shown: Clip


class ClipWorks(Dataset[ClipWork]):
    """The clips of a benchmark, each loaded when it is asked for."""

    def __init__(
        self, files: BenchmarkFiles, groups: list[tuple[Reference, ...]], n_frames: int, control: Controlled
    ) -> None:
        self.files, self.groups, self.n_frames, self.control = files, groups, n_frames, control

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, index: int) -> ClipWork:
        """Load a clip, and every fid's masks once.

        Raises:
            DataError: frames, sound or masks are unusable.
        """
        group, files = self.groups[index], self.files
        clip = load_clip(files.media, group[0].folder, media_cross=files.media_cross, n_frames=self.n_frames)
        truth_of: dict[int | None, NDArray[np.bool_]] = {}
        for reference in group:
            fid = self._fid(reference)
            if fid not in truth_of:
                truth_of[fid] = self._truth(clip, fid)
        truths = tuple(truth_of[self._fid(reference)] for reference in group)
        return ClipWork(clip, group, truths, self.control.shown(clip, group[0].split, files, self.n_frames))

    @staticmethod
    def _fid(reference: Reference) -> int | None:
        return None if reference.is_null else reference.fid

    def _truth(self, clip: Clip, fid: int | None) -> NDArray[np.bool_]:
        """Masks of an object; all False for nobody.

        DEPARTS: the released code reads the masks of null rows from disk and gives a perfect score where they are
        missing. They are empty by definition, so no file is needed.
        """
        height, width = clip.frames_NHWC.shape[1:3]
        if fid is None:
            return np.zeros((self.n_frames, height, width), dtype=np.bool_)
        return load_masks(self.files.masks, clip.vid, fid, n_frames=self.n_frames, frame_hw=(height, width))


class BenchmarkData(lightning.LightningDataModule):
    """The evaluation's data: `predict` and `test` loaders that give one `ClipWork` at a time."""

    def __init__(
        self,
        *,
        files: BenchmarkFiles,
        splits: Collection[Split | str] | None = None,
        only: Collection[str] = (),
        limit_clips: int | None = None,
        num_workers: int = 0,
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
            num_workers: processes that load clips ahead.
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
        if num_workers < 0:
            raise ConfigError(f"num_workers={num_workers} must not be negative.")
        self.files, self.limit_clips, self.num_workers, self.n_frames = files, limit_clips, num_workers, n_frames
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

    def predict_dataloader(self) -> DataLoader[ClipWork]:
        """One clip at a time, in csv order; of several processes, each takes every so many'th."""
        trainer = self.trainer
        groups = self.groups[trainer.global_rank :: trainer.world_size] if trainer else self.groups
        works = ClipWorks(self.files, groups, self.n_frames, self.controlled)
        return DataLoader(works, batch_size=None, collate_fn=as_is, num_workers=self.num_workers)

    def test_dataloader(self) -> DataLoader[ClipWork]:
        """The same."""
        return self.predict_dataloader()

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Stages move what they need themselves; frozen nouns stay as they are."""
        return batch
