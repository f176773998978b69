"""How each protocol brings maps, masks and truth to its own size. Kept apart from the measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_COEF_BITS = 11
"""Fixed point of OpenCV's bilinear weights for 8-bit images. Source: INTER_RESIZE_COEF_BITS of its resize."""


def _neighbours(n_in: int, n_out: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """For every output pixel its two input neighbours and the weight of the second, pixel centres at one half."""
    centre = ((np.arange(n_out) + 0.5) * (n_in / n_out) - 0.5).clip(0, n_in - 1)  # borders stand alone
    centre_32 = centre.astype(np.float32)
    first = np.floor(centre_32).astype(np.intp)
    return first, np.minimum(first + 1, n_in - 1), (centre_32 - first).astype(np.float32)


def soft_bilinear(soft_NHW: NDArray[np.uint8], size_HW: tuple[int, ...]) -> NDArray[np.float32]:
    """Soft maps at another size, bilinear, half-pixel centres, no antialiasing.

    Args:
        soft_NHW: N maps of H x W pixels in 255ths.
        size_HW: height and width of the result.
    Returns:
        float32 in [0, 1], N maps of that size.
    Source:
        The released code's `F.interpolate(mode="bilinear", align_corners=False)`.
    """
    if soft_NHW.shape[1:] == size_HW:
        return np.divide(soft_NHW, 255, dtype=np.float32)
    top, bottom, down = _neighbours(soft_NHW.shape[1], size_HW[0])
    left, right, across = _neighbours(soft_NHW.shape[2], size_HW[1])
    down = down[:, None]

    def corner(row: NDArray[np.intp], column: NDArray[np.intp]) -> NDArray[np.float32]:
        return soft_NHW[:, row[:, None], column].astype(np.float32)

    upper = corner(top, left) * (1 - across) + corner(top, right) * across
    lower = corner(bottom, left) * (1 - across) + corner(bottom, right) * across
    maps = (upper * (1 - down) + lower * down) / np.float32(255)
    return np.clip(maps, 0, 1).astype(np.float32, copy=False)  # two weights may add up to a hair above 1


def mask_nearest(masks_NHW: NDArray[np.bool_], size_HW: tuple[int, ...]) -> NDArray[np.bool_]:
    """Masks at another size: every pixel takes the value at its own centre, so that no edge is widened.

    Args:
        masks_NHW: N masks of H x W pixels.
        size_HW: height and width of the result.
    Returns:
        bool, N masks of that size.
    """
    if masks_NHW.shape[1:] == size_HW:
        return masks_NHW
    rows, columns = (
        ((np.arange(n_out) + 0.5) * n_in / n_out).astype(np.intp)
        for n_in, n_out in zip(masks_NHW.shape[1:], size_HW, strict=True)
    )
    return masks_NHW[:, rows[:, None], columns]


def truth_pil_bicubic(truth_NHW: NDArray[np.bool_], size_px: int) -> NDArray[np.bool_]:
    """True masks at size_px x size_px the way the released code gets them: PIL's default filter, then nonzero.

    Bicubic with antialiasing spreads every edge, and nonzero keeps all of it: objects grow by a rim, so an exact
    prediction does not reach J = 1.

    Args:
        truth_NHW: N masks of H x W pixels.
        size_px: side of the square result.
    Returns:
        bool (N, size_px, size_px).
    Source:
        `Image.open(path).convert("L").resize((224, 224))` and `astype(bool)` in the released evaluation.
    """
    frames = [Image.fromarray(mask_HW.astype(np.uint8) * 255) for mask_HW in truth_NHW]
    resized = [np.asarray(frame.resize((size_px, size_px), Image.Resampling.BICUBIC)) for frame in frames]
    return np.stack(resized) > 0


def _blend(
    first: NDArray[np.int32], second: NDArray[np.int32], weight: NDArray[np.float32], axis: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Both neighbours times their weights in OpenCV's fixed point."""
    one = np.float32(1 << _COEF_BITS)
    shape = [-1 if position == axis else 1 for position in range(first.ndim)]
    near = np.rint((1 - weight) * one).astype(np.int32).reshape(shape)
    far = np.rint(weight * one).astype(np.int32).reshape(shape)
    return first * near, second * far


def truth_cv2_bilinear(truth_NHW: NDArray[np.bool_], size_px: int) -> NDArray[np.bool_]:
    """True masks at size_px x size_px the way EEMC gets them: `cv2.resize` of the 0/255 image, then > 0.

    OpenCV's 8-bit arithmetic decides which faint edge pixels round to 0, so it is repeated here in its own fixed
    point, which spares the metrics an OpenCV import; the tests compare the two.

    Args:
        truth_NHW: N masks of H x W pixels.
        size_px: side of the square result.
    Returns:
        bool (N, size_px, size_px).
    Source:
        EEMC's dataset (`cv2.resize(mask, (256, 256))`, then `> 0`) and OpenCV's linear resize for 8-bit images.
    """
    if truth_NHW.shape[1:] == (size_px, size_px):
        return truth_NHW
    image = truth_NHW.astype(np.int32) * 255
    left, right, across = _neighbours(image.shape[2], size_px)
    near, far = _blend(image[:, :, left], image[:, :, right], across, axis=2)
    rows = (near + far) >> 4
    top, bottom, down = _neighbours(image.shape[1], size_px)
    near, far = _blend(rows[:, top], rows[:, bottom], down, axis=1)
    return ((near >> 16) + (far >> 16) + 2) >> 2 > 0
