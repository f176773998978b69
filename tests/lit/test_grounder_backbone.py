"""Points on packed frames, and the head that names them."""

import numpy as np
import torch

from tgs.lit.zoo.crowd import GRIDS, crowd, packed
from tgs.lit.zoo.grounder_backbone import NOBODY, Packed, PointHead, collate, make_packed
from tgs.stickers.art import ArtBank
from tgs.stickers.categories import CATEGORIES
from tgs.stickers.render import render_frame


def test_packed_scenes_fill_a_grid_and_stay_in_the_frame() -> None:
    counts = {len(packed(np.random.default_rng(seed)).stickers) for seed in range(40)}
    assert counts == {rows * columns for rows, columns in GRIDS}
    for sticker in packed(np.random.default_rng(0)).stickers:
        assert 0 < sticker.x < 1
        assert 0 < sticker.y < 1


def test_crowds_hold_at_most_one_pair() -> None:
    sizes = set()
    for seed in range(60):
        names = [sticker.category for sticker in crowd(np.random.default_rng(seed)).stickers]
        assert len(names) - len(set(names)) in (0, 1)
        sizes.add(len(names))
    assert sizes == {3, 4, 5, 6, 7}


def test_points_lie_on_their_objects() -> None:
    """The centre of what is seen of a compact object is on it, and its label is the object's."""
    art, size_hw = ArtBank(), (128, 224)
    example = make_packed(np.random.default_rng(4), art=art, size_hw=size_hw)
    scene = packed(np.random.default_rng(4))
    _, masks_KHW = render_frame(scene, art, 0, width_px=224, height_px=128)
    seen = masks_KHW.sum((1, 2)) >= 20
    names = list(CATEGORIES)
    expected = [names.index(s.category) for s, shown in zip(scene.stickers, seen, strict=True) if shown]
    assert example.labels_K.tolist() == expected
    x, y = ((example.points_K2 + 1) / 2 * [224, 128]).astype(int).T
    on = masks_KHW[seen][np.arange(len(x)), y, x]
    assert on.mean() > 0.8  # violins and banjos are not compact


def test_a_batch_is_padded_with_nobody() -> None:
    frame = np.zeros((64, 96, 3), np.uint8)
    one = Packed(frame, np.array([3]), np.array([[0.5, -0.5]], np.float32))
    two = Packed(frame, np.array([1, 2]), np.zeros((2, 2), np.float32))
    batch = collate([one, two], size_hw=(64, 96))
    assert batch.labels_BK.tolist() == [[3, NOBODY], [1, 2]]
    assert batch.points_BK2[0, 0].tolist() == [0.5, -0.5]
    assert batch.pixels_BCHW.shape == (2, 3, 64, 96)


def test_the_head_reads_where_the_point_is() -> None:
    """A map that is hot on the left only: the two sides must be told apart, and the far corner is reachable."""
    torch.manual_seed(0)
    head = PointHead([2, 2], categories=5)
    cold, hot = torch.zeros(1, 2, 4, 8), torch.zeros(1, 2, 4, 8)
    hot[..., :4] = 1
    points = torch.tensor([[[-0.5, 0.0], [0.5, 0.0], [1.0, 1.0]]])
    logits = head((hot, cold), points)
    assert logits.shape == (1, 3, 5)
    torch.testing.assert_close(logits[0, 1], logits[0, 2])
    assert not torch.allclose(logits[0, 0], logits[0, 1])
