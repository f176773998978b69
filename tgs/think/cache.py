"""Keys and values of a language model, with room for the tokens to come."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from transformers import DynamicCache, PretrainedConfig
from transformers.cache_utils import DynamicLayer


class RoomyLayer(DynamicLayer):
    """A layer whose new keys and values are written beside the old ones, once its rows are chosen.

    transformers' own copies all of them into a new tensor for every token.

    Args:
        tokens: that come after the rows are chosen, at most.
    """

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens
        self._room: list[Tensor] = []

    def batch_select_indices(self, indices: Tensor) -> None:
        """Only some rows, or rows more than once."""
        super().batch_select_indices(indices)
        self._room = [_with_room(one, self.tokens) for one in (self.keys, self.values) if one is not None]

    def update(self, key_states: Tensor, value_states: Tensor, *others: Any, **more: Any) -> tuple[Tensor, Tensor]:
        """Keep new ones (R, heads, L, D); returns all so far."""
        before = self.get_seq_length()
        after = before + key_states.shape[-2]
        if not self._room or after > self._room[0].shape[-2]:
            return super().update(key_states, value_states, *others, **more)
        for room, new in zip(self._room, (key_states, value_states), strict=True):
            room[..., before:after, :] = new
        self.keys, self.values = (room[..., :after, :] for room in self._room)
        return self.keys, self.values


def _with_room(held: Tensor, tokens: int) -> Tensor:
    room = held.new_empty((*held.shape[:-2], held.shape[-2] + tokens, held.shape[-1]))
    room[..., : held.shape[-2], :] = held
    return room


def roomy_cache(config: PretrainedConfig, tokens: int) -> DynamicCache:
    """An empty cache; layers that only look back a while are transformers' own. Arguments as of `RoomyLayer`."""
    cache = DynamicCache(config=config)
    cache.layers = [RoomyLayer(tokens) if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
