"""What phase 1 and phase 2 learn from, as Lightning wants it: loaders whose batches are lists of examples."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import lightning
import torch
from torch.utils.data import DataLoader, Dataset

from tgs.data.captions import CaptionExample, CaptionSource, Modality, read_captions
from tgs.data.collate import Buckets, EpochShuffle, Share, as_is, as_list, hold_out
from tgs.data.content import clip_content
from tgs.data.files import BenchmarkFiles
from tgs.data.instruct import InstructExample, instruct_examples, read_answers
from tgs.data.media import N_FRAMES, load_clip, video_of
from tgs.errors import ConfigError
from tgs.types import Clip, Split

E = TypeVar("E")


class ExampleData(lightning.LightningDataModule, Generic[E]):
    """Examples in two lists, to learn from and to validate on, split by clip and shuffled by seed and epoch.

    Attributes:
        train_examples, val_examples: filled by `setup`.
    """

    def __init__(
        self, *, batch_size: int, seed: int, val_share: float, num_workers: int, bucket_batches: int = 0
    ) -> None:
        super().__init__()
        if batch_size < 1 or num_workers < 0 or bucket_batches < 0:
            raise ConfigError(
                f"batch_size={batch_size} must be positive, num_workers={num_workers} and "
                f"bucket_batches={bucket_batches} not negative."
            )
        self.batch_size, self.seed, self.val_share, self.num_workers = batch_size, seed, val_share, num_workers
        self.bucket_batches = bucket_batches
        self.train_examples: list[E] = []
        self.val_examples: list[E] = []

    @abstractmethod
    def read(self) -> list[E]:
        """All examples, in an order that is the same on every machine."""

    @abstractmethod
    def group(self, example: E) -> str:
        """What must not be torn apart between learning and validation: the clip."""

    @abstractmethod
    def length(self, example: E) -> int:
        """How long its texts are, in characters."""

    def setup(self, stage: str | None = None) -> None:
        """Read the examples once, whatever the stage.

        Raises:
            DataError: the files are unusable.
            ConfigError: `val_share` is out of range.
        """
        if self.train_examples:
            return
        examples = self.read()
        held_out = hold_out([self.group(example) for example in examples], self.val_share, self.seed)
        self.train_examples = [example for example in examples if self.group(example) not in held_out]
        self.val_examples = [example for example in examples if self.group(example) in held_out]

    def train_dataloader(self) -> DataLoader[E]:
        """Batches in an order drawn from (seed, epoch), shared out among the trainer's processes."""
        lengths, trainer = [self.length(example) for example in self.train_examples], self.trainer
        share = Share(trainer.global_rank, trainer.world_size, self.batch_size) if trainer else Share()
        batch = self.batch_size * share.processes
        buckets = Buckets(lengths, batch, self.bucket_batches) if self.bucket_batches else None
        return self._loader(self.train_examples, EpochShuffle(len(lengths), self.seed, buckets, share))

    def val_dataloader(self) -> DataLoader[E] | list:
        """Batches in file order, all of them in every process; no loader where nothing is held out.

        With `val_share=0` set the trainer's `limit_val_batches=0` too: Lightning warns of an empty validation.
        """
        return self._loader(self.val_examples, None) if self.val_examples else []

    def _loader(self, examples: list[E], sampler: EpochShuffle | None) -> DataLoader[E]:
        return DataLoader(
            examples,  # type: ignore[arg-type]  # a list is a map-style dataset
            batch_size=self.batch_size,
            sampler=sampler,
            collate_fn=as_list,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
        )

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Batches hold texts and paths: there is nothing to move."""
        return batch


class InstructData(ExampleData[InstructExample]):
    """Phase 2: the references of the train split with their think-answer texts.

    Batches do not hold clips: frozen encoders see each clip once, through `clips`, and features are shared.
    """

    def __init__(
        self,
        *,
        files: BenchmarkFiles,
        batch_size: int = 4,
        seed: int = 42,
        val_share: float = 0.05,
        num_workers: int = 0,
        bucket_batches: int = 0,
        n_frames: int = N_FRAMES,
    ) -> None:
        """Nothing is read before `setup`.

        Args:
            files: the benchmark that the references and the instruction set come from.
            batch_size: examples a batch. Source: 4 per device in the released script.
            seed: of the shuffling and of the choice of validation clips. Source: 42, ditto.
            val_share: fraction of the train clips that validate. The published run has no validation: 0.
            num_workers: processes that load clips, and, idle as batches are lists, batches.
            bucket_batches: so many batches are sorted by length together, see `Buckets`; 0 does not sort.
            n_frames: frames of a clip.
        """
        super().__init__(
            batch_size=batch_size, seed=seed, val_share=val_share, num_workers=num_workers,
            bucket_batches=bucket_batches,
        )  # fmt: skip
        self.files, self.n_frames = files, n_frames

    def read(self) -> list[InstructExample]:
        """See the base."""
        if self.files.instructions is None:
            raise ConfigError(
                f"benchmark {self.files.name} names no instruction set: choose one that does, or add "
                f"+benchmark.instructions=FILE"
            )
        return instruct_examples(self.files.references([Split.train]), read_answers(self.files.instructions))

    def group(self, example: InstructExample) -> str:
        """The video, for a clip and its null variants show the same frames."""
        return video_of(example.folder)

    def length(self, example: InstructExample) -> int:
        """Reference and answer."""
        return len(example.reference.text) + len(example.answer)

    @property
    def folders(self) -> list[str]:
        """Distinct clips of all examples, learnt from first, each in csv order."""
        return list(dict.fromkeys(example.folder for example in [*self.train_examples, *self.val_examples]))

    def clips(self, folders: Iterable[str] | None = None) -> Iterator[Clip]:
        """Load clips one after another, in the order of `folders`, by `num_workers` processes.

        Args:
            folders: which clips; None gives all of `self.folders`.
        Yields:
            One clip per folder.
        Raises:
            DataError: a clip is unusable.
        """
        wanted = self.folders if folders is None else list(folders)
        clips = ClipFolders(self.files, wanted, self.n_frames)
        yield from DataLoader(clips, batch_size=None, collate_fn=as_is, num_workers=self.num_workers)

    def content(self, folder: str) -> str:
        """Digest of a clip's files and of how they are read."""
        return clip_content(self.files, folder, self.n_frames)


class ClipFolders(Dataset[Clip]):
    """Clips by position in a list of folders."""

    def __init__(self, files: BenchmarkFiles, folders: Sequence[str], n_frames: int) -> None:
        self.files, self.folders, self.n_frames = files, folders, n_frames

    def __len__(self) -> int:
        return len(self.folders)

    def __getitem__(self, index: int) -> Clip:
        files = self.files
        return load_clip(files.media, self.folders[index], media_cross=files.media_cross, n_frames=self.n_frames)


class CaptionData(ExampleData[CaptionExample]):
    """Phase 1: captions of one or several annotation files, learnt together."""

    def __init__(
        self,
        *,
        sources: Sequence[CaptionSource],
        batch_size: int = 4,
        seed: int = 42,
        val_share: float = 0.05,
        num_workers: int = 0,
        bucket_batches: int = 0,
    ) -> None:
        """Nothing is read before `setup`.

        Args:
            sources: the published visual phase learns image and video captions together, the audio phase two files
                of sounds. Sounds do not mix with pictures: they train different branches.
            batch_size: examples a batch. Source: 4 (audio) and 8 (visual) per device in the released scripts.
            seed: of the shuffling and of the choice of validation media.
            val_share: fraction of the media that validate.
            num_workers: processes that make batches.
            bucket_batches: as for `InstructData`.
        Raises:
            ConfigError: no source, or sounds and pictures together.
        """
        super().__init__(
            batch_size=batch_size, seed=seed, val_share=val_share, num_workers=num_workers,
            bucket_batches=bucket_batches,
        )  # fmt: skip
        heard = {source.modality is Modality.audio for source in sources}
        if len(heard) != 1:
            raise ConfigError(
                f"phase 1 learns either from sounds or from pictures; the sources are "
                f"{', '.join(source.modality for source in sources) or 'none'}. Run the two phases one after the other."
            )
        self.sources = tuple(sources)

    def read(self) -> list[CaptionExample]:
        """See the base."""
        return [example for source in self.sources for example in read_captions(source)]

    def group(self, example: CaptionExample) -> str:
        """The piece of media."""
        return str(example.media)

    def length(self, example: CaptionExample) -> int:
        """Question and caption."""
        return len(example.question) + len(example.answer)
