"""How examples become a batch: they stay a list. Tensors are the business of whoever trains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from tgs.errors import ConfigError, DataError

E = TypeVar("E")


def as_list(examples: Sequence[E]) -> list[E]:
    """A batch is the list of its examples."""
    return list(examples)


def as_is(item: E) -> E:
    """A loader without batches hands items on untouched; PyTorch's default would turn arrays into tensors."""
    return item


@dataclass(frozen=True)
class Buckets:
    """Batches of examples of like length, so that little of a batch is padding.

    Attributes:
        lengths: of every example, in any unit.
        batch_size: examples a batch.
        batches: so many shuffled batches are sorted together; the more, the less padding and the less chance.
    """

    lengths: Sequence[int]
    batch_size: int
    batches: int

    def arrange(self, order: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """The order, each piece of it sorted by length and its batches shuffled; an incomplete batch stays last."""
        lengths, size = np.asarray(self.lengths), self.batch_size * self.batches
        whole = len(order) - len(order) % self.batch_size
        pieces = []
        for start in range(0, whole, size):
            piece = order[start : min(start + size, whole)]
            batches = piece[np.argsort(lengths[piece], kind="stable")].reshape(-1, self.batch_size)
            pieces.append(rng.permutation(batches).reshape(-1))
        return np.concatenate([*pieces, order[whole:]])


@dataclass(frozen=True)
class Share:
    """The part of every batch that falls to one of several processes: together they see what one would.

    Attributes:
        process, processes: which one of how many.
        batch_size: examples a batch of one process.
    """

    process: int = 0
    processes: int = 1
    batch_size: int = 1

    def of(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """The process's own examples of an order; of an incomplete last batch, every process gets some.

        Fewer examples than processes repeat: a process without one would leave the others waiting.
        """
        if self.processes == 1:
            return order
        whole = len(order) - len(order) % (self.batch_size * self.processes)
        own = order[:whole].reshape(-1, self.processes, self.batch_size)[:, self.process].reshape(-1)
        rest = order[whole:]
        if 0 < len(rest) < self.processes:
            rest = np.resize(rest, self.processes)
        return np.concatenate([own, rest[self.process :: self.processes]])


class EpochShuffle(Sampler[int]):
    """A permutation that depends on nothing but the seed and the epoch, so that a resumed run sees the same order.

    Lightning calls `set_epoch` before each epoch, after a resume too.

    Args:
        length: how many examples there are.
        seed: of the order.
        buckets: how the order is arranged; its batches are those of all processes together.
        share: what of it falls to this process.
    """

    def __init__(self, length: int, seed: int, buckets: Buckets | None = None, share: Share = Share()) -> None:
        self.length, self.seed, self.epoch, self.buckets, self.share = length, seed, 0, buckets, share

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.share.of(np.arange(self.length)))

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self.seed, self.epoch])
        order = rng.permutation(self.length)
        order = order if self.buckets is None else self.buckets.arrange(order, rng)
        return iter(self.share.of(order).tolist())


def hold_out(groups: Sequence[str], share: float, seed: int) -> frozenset[str]:
    """Choose the groups that validate: whole clips, so that no clip is both learnt and judged.

    Args:
        groups: group of every example, in order.
        share: fraction of the groups, in [0, 1); anything above 0 takes at least one.
        seed: equal seeds choose equal groups.
    Returns:
        The held-out groups.
    Raises:
        ConfigError: the share is out of range.
        DataError: nothing would be left to learn from.
    """
    if not 0 <= share < 1:
        raise ConfigError(f"val_share={share} must lie in [0, 1). Set val_share=0 to train without validation.")
    distinct = list(dict.fromkeys(groups))
    count = max(1, round(share * len(distinct))) if share > 0 else 0
    if count >= len(distinct):
        raise DataError(
            f"{len(distinct)} distinct clips leave nothing to learn from with val_share={share}. Give more data, or "
            f"set val_share=0."
        )
    order = np.random.default_rng(seed).permutation(len(distinct))
    return frozenset(distinct[index] for index in order[:count])
