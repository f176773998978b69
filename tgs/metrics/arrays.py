"""What every measure expects of its arrays, refused with what came instead."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def require_masks(**masks_NHW: NDArray[np.bool_]) -> None:
    """Refuse arrays that are not boolean masks of one common shape.

    Args:
        masks_NHW: by name, bool (N, H, W) with at least one frame and one pixel.
    Raises:
        ValueError: wrong type, wrong number of axes, no frame, or two shapes.
    """
    for name, array in masks_NHW.items():
        if array.dtype != np.bool_ or array.ndim != 3 or array.size == 0:
            raise ValueError(f"{name} must be bool (N>=1, H>=1, W>=1); got {array.dtype} {array.shape}")
    require_one_shape(**masks_NHW)


def require_one_shape(**arrays: NDArray) -> None:
    """Refuse arrays of different shapes.

    Raises:
        ValueError: names and shapes of all of them.
    """
    if len({array.shape for array in arrays.values()}) > 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"arrays must have one shape; got {shapes}")
