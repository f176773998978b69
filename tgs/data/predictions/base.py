"""What scoring needs of predictions on disk, and the name of an entry, which writing and reading share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from tgs.errors import DataError
from tgs.types import Masks, Reference


class Predictions(Protocol):
    """Masks by key; small enough to be handed to another process."""

    def keys(self) -> set[str]:
        """Every entry that is there, see `keys_of`."""
        ...

    def load(self, key: str) -> Masks:
        """One entry.

        Raises:
            DataError: it is damaged.
        """
        ...

    def digest(self, keys: Iterable[str]) -> str:
        """Digest of the content of some entries."""
        ...


def keys_of(references: Iterable[Reference]) -> dict[int, str]:
    """The key of every row of a csv: its uid, or `{uid}.{row}` where several rows have that uid.

    Args:
        references: all of the csv, whatever their split; else repeated uids are not seen.
    Returns:
        Keys by `Reference.row`.
    """
    listed = list(references)
    often = Counter(reference.uid for reference in listed)
    return {r.row: f"{r.uid}.{r.row}" if often[r.uid] > 1 else r.uid for r in listed}


def refuse_ambiguous(there: Iterable[str], keys: dict[int, str], references: Iterable[Reference]) -> None:
    """Refuse entries of a bare uid that several rows have: whose they are cannot be known.

    Raises:
        DataError: names the uid and its rows.
    """
    present = set(there)
    for reference in references:
        if reference.uid in present and keys[reference.row] != reference.uid:
            wanted = ", ".join(sorted(key for key in keys.values() if key.rpartition(".")[0] == reference.uid))
            raise DataError(
                f"the predictions have an entry {reference.uid}, a uid that several rows of the csv share. Name each "
                f"row's own: {wanted}."
            )
