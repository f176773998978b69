"""Rows of a benchmark's csv, chosen by split and grouped by clip."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tgs.errors import ConfigError
from tgs.types import Reference, Split


def by_folder(references: Iterable[Reference]) -> list[tuple[Reference, ...]]:
    """Group references by clip: clips in the order of their first row, rows in csv order."""
    groups: dict[str, list[Reference]] = {}
    for reference in references:
        groups.setdefault(reference.folder, []).append(reference)
    return [tuple(group) for group in groups.values()]


def known_splits(splits: Collection[Split | str]) -> tuple[Split, ...]:
    """Splits by name, in the benchmark's own order.

    Raises:
        ConfigError: none, or an unknown one.
    """
    unknown = sorted(set(splits) - set(Split))
    if unknown or not splits:
        raise ConfigError(f"splits={list(splits)} must name some of: {', '.join(Split)}.")
    return tuple(split for split in Split if split in splits)
