"""The F curve: a histogram against a pass per cut-off."""

from __future__ import annotations

import numpy as np
import torch
from claim import Claim

from tgs.metrics.fmeasure import BETA_SQUARED, CUTOFFS, f_curve


def claims() -> list[Claim]:
    """10 frames of 224 x 224, a map that half knows the object."""
    rng = np.random.default_rng(0)
    truth_NHW = np.zeros((10, 224, 224), bool)
    truth_NHW[:, 60:150, 50:160] = True
    soft_NHW = np.clip(0.5 * truth_NHW + rng.normal(0.3, 0.3, truth_NHW.shape), 0, 1).astype(np.float32)
    soft, truth = torch.from_numpy(soft_NHW), torch.from_numpy(truth_NHW).float()

    def ours() -> np.ndarray:
        return f_curve(soft_NHW, truth_NHW).total / len(truth_NHW)

    what = "F curve, 10 frames of 224 x 224"
    return [
        Claim(what, "a pass per cut-off, torch", lambda: by_torch(soft, truth), ours, tolerance=1e-6, at_least=100),
        Claim(what, "a pass per cut-off, numpy", lambda: by_numpy(soft_NHW, truth_NHW), ours, tolerance=1e-6),
    ]


def by_torch(soft_NHW: torch.Tensor, truth_NHW: torch.Tensor) -> np.ndarray:
    """As released: float tensors, in float32. Source: `_eval_pr` and `Eval_Fmeasure` in EEMC's and TGS-Agent's code."""
    total = torch.zeros(len(CUTOFFS))
    for soft_HW, truth_HW in zip(soft_NHW, truth_NHW, strict=True):
        precision, recall = torch.zeros(len(CUTOFFS)), torch.zeros(len(CUTOFFS))
        for k, cutoff in enumerate(torch.linspace(0, 1 - 1e-10, len(CUTOFFS))):
            passed = (soft_HW >= cutoff).float()
            hits = (passed * truth_HW).sum()
            precision[k], recall[k] = hits / (passed.sum() + 1e-20), hits / (truth_HW.sum() + 1e-20)
        score = (1 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall)
        total += score.nan_to_num(0)
    return total.numpy() / len(truth_NHW)


def by_numpy(soft_NHW: np.ndarray, truth_NHW: np.ndarray) -> np.ndarray:
    """The same with boolean arrays, in float64."""
    total = np.zeros(len(CUTOFFS))
    for soft_HW, truth_HW in zip(soft_NHW, truth_NHW, strict=True):
        shown = np.count_nonzero(truth_HW)
        for k, cutoff in enumerate(CUTOFFS):
            passed = soft_HW >= cutoff
            if hits := np.count_nonzero(passed & truth_HW):
                precision, recall = hits / np.count_nonzero(passed), hits / shown
                total[k] += (1 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall)
    return total / len(truth_NHW)
