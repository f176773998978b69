"""Scores of what an encoder says is there: average precision, and whole sets."""

from __future__ import annotations

import torch
from torch import Tensor


def average_precision(scores_B: Tensor, there_B: Tensor) -> float:
    """Mean of the precision at the rank of every true row, best score first; nan if no row is true.

    Args:
        scores_B: the higher, the surer.
        there_B: bool.
    """
    ranked_B = there_B[scores_B.argsort(descending=True, stable=True)].double()
    precision_B = ranked_B.cumsum(0) / torch.arange(1, len(ranked_B) + 1, device=ranked_B.device)
    return float((precision_B * ranked_B).sum() / ranked_B.sum())


def mean_average_precision(scores_BV: Tensor, there_BV: Tensor) -> float:
    """`average_precision` averaged over the classes that any row holds; nan if there is none."""
    held = there_BV.any(0).nonzero().flatten().tolist()
    return float(torch.tensor([average_precision(scores_BV[:, v], there_BV[:, v]) for v in held]).mean())


def exact_by_count(said_BV: Tensor, there_BV: Tensor) -> dict[int, float]:
    """Fraction of rows whose whole set is right, by the number of true classes."""
    right_B, count_B = (said_BV == there_BV).all(1), there_BV.sum(1)
    return {int(n): float(right_B[count_B == n].float().mean()) for n in count_B.unique()}
