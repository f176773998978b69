"""A model that is built when it is first asked, so that what is known already costs no model at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Generic, TypeVar

import torch
from torch import nn

M = TypeVar("M")


class Stage(Generic[M]):
    """A thinker, grounder or segmenter, and what its answers depend on beside its input.

    Args:
        build: makes the model.
        identify: digest of weights, settings and code; asked for only where answers are kept.
    """

    def __init__(self, build: Callable[[], M], identify: Callable[[], str]) -> None:
        self._build, self._identify = build, identify
        self.device = torch.device("cpu")

    @classmethod
    def of(cls, model: M, identity: str = "") -> Stage[M]:
        """A model that is built already."""
        return cls(lambda: model, lambda: identity)

    @cached_property
    def identity(self) -> str:
        """What `identify` says, asked once."""
        return self._identify()

    @cached_property
    def model(self) -> M:
        """The model, built once, on `device`."""
        model = self._build()
        if isinstance(model, nn.Module):
            model.to(self.device).eval()
        return model
