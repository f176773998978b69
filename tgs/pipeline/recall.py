"""Ask the store first, and make only what is not there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tgs.digest import digest_value
from tgs.pipeline.store import Store

T = TypeVar("T")
V = TypeVar("V")


@dataclass(frozen=True)
class Kind(Generic[V]):
    """A sort of values that the store keeps.

    Attributes:
        name: of its folder.
        pack: a value as JSON-able, or, with `arrays`, as arrays by name.
        unpack: back again, to an equal value.
        arrays: whether it is packed as arrays.
    """

    name: str
    pack: Callable[[V], Any]
    unpack: Callable[[Any], V]
    arrays: bool = False


@dataclass(frozen=True)
class Recall:
    """What is known already is not made again.

    Attributes:
        store: where values are kept; None keeps nothing, and everything is made.
    """

    store: Store | None = None

    @property
    def kept(self) -> Store:
        """The store; asked for only where there is one."""
        assert self.store is not None
        return self.store

    def each(
        self, kind: Kind[V], asked: Sequence[T], made_of: Callable[[T], Any], make: Callable[[list[T]], Sequence[V]]
    ) -> list[V]:
        """A value for everything that is asked, in order.

        Args:
            kind: of the values.
            asked: each with a value of its own.
            made_of: all that the value depends on, JSON-able; not asked for without a store.
            make: gives the values of those that are not known, in order, all at once; of several that are made of the
                same it is asked for one.
        """
        if self.store is None:
            return list(make(list(asked))) if asked else []
        of = [made_of(one) for one in asked]
        keys = [digest_value(one) for one in of]
        first = {key: place for place, key in reversed([*enumerate(keys)])}
        known = {key: self._read(kind, of[place]) for key, place in first.items()}
        missing = sorted(place for key, place in first.items() if known[key] is None)
        if missing:
            for place, value in zip(missing, make([asked[place] for place in missing]), strict=True):
                self._write(kind, of[place], value)
                known[keys[place]] = value
        return [known[key] for key in keys]  # type: ignore[misc]  # none is missing now

    def _read(self, kind: Kind[V], made_of: Any) -> V | None:
        read = self.kept.read_arrays if kind.arrays else self.kept.read
        packed = read(kind.name, made_of)
        return None if packed is None else kind.unpack(packed)

    def _write(self, kind: Kind[V], made_of: Any, value: V) -> None:
        write = self.kept.write_arrays if kind.arrays else self.kept.write
        write(kind.name, made_of, kind.pack(value))
