"""Frames and masks: who hides whom, where, and the same bytes every time."""

import numpy as np
import pytest

from tgs.errors import DataError
from tgs.stickers.art import ArtBank
from tgs.stickers.render import render_frame, render_frames
from tgs.stickers.sample import sample_scene
from tgs.stickers.scene import N_FRAMES, Scene, Sticker

RED, BLUE = (200, 10, 10), (10, 10, 200)
CAR, DOG, DRUM = "twemoji/1f697", "openmoji/1f415", "twemoji/1f941"


class Blocks(ArtBank):
    """Opaque squares of 20 pixels, so that masks can be worked out by hand."""

    def sprite(self, art: str, colour: str = "", height_px: float = 20) -> np.ndarray:
        return np.full((20, 20, 4), (*{"red": RED, "blue": BLUE}[art], 255), np.uint8)


def sticker(art: str, x: float = 0.5, y: float = 0.5, **changes: object) -> Sticker:
    plain = {
        "category": "drum",
        "height": 0.4,
        "depth": 1.0,
        "drift": 0.0,
        "flip": False,
        "colour": "",
        "sway_deg": 0.0,
        "sway_phase": 0.0,
        "sound": None,
    }
    return Sticker(art=art, x=x, y=y, **{**plain, **changes})


def scene_of(*stickers: Sticker, background: int = 3, pan: tuple = (0.0, 0.0, 0.0, 0.0)) -> Scene:
    return Scene("made_0_10000", stickers, background, pan, False, 0)


def block(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    mask = np.zeros((50, 100), bool)
    mask[top:bottom, left:right] = True
    return mask


def test_the_nearer_of_two_squares_hides_the_part_it_covers():
    # 20 x 20 pixels around (40, 25) and (50, 30) of a 100 x 50 frame: columns 30-50 and 40-60, rows 15-35 and 20-40
    scene = scene_of(sticker("red", 0.4, 0.5, depth=1.0), sticker("blue", 0.5, 0.6, depth=1.1))
    frame, masks = render_frame(scene, Blocks(), 0, 100, 50)
    assert (masks[1] == block(40, 20, 60, 40)).all()
    assert (masks[0] == (block(30, 15, 50, 35) & ~block(40, 20, 50, 35))).all()
    assert masks[0].sum() == 400 - 150
    assert (frame[masks[0]] == RED).all()
    assert (frame[masks[1]] == BLUE).all()


def test_depth_decides_not_the_order_of_the_list():
    near, far = sticker("red", 0.4, depth=1.1), sticker("blue", 0.5, depth=1.0)
    frame, masks = render_frame(scene_of(near, far), Blocks(), 0, 100, 50)
    assert (masks[0] == block(30, 15, 50, 35)).all()
    assert (masks[1] == block(50, 15, 60, 35)).all()
    assert (frame[20, 45] == RED).all()


def test_three_deep_and_fully_hidden():
    same = [sticker("red", depth=1.0), sticker("blue", depth=1.2), sticker("red", depth=1.1)]
    _, masks = render_frame(scene_of(*same), Blocks(), 0, 100, 50)
    assert [int(mask.sum()) for mask in masks] == [0, 400, 0]


def test_a_sticker_over_the_edge_is_cut_and_one_outside_is_empty():
    scene = scene_of(sticker("red", 0.0), sticker("blue", 1.5))
    _, masks = render_frame(scene, Blocks(), 0, 100, 50)
    assert (masks[0] == block(0, 15, 10, 35)).all()
    assert not masks[1].any()


def test_the_mask_is_where_the_sprite_is_more_opaque_than_not():
    bank = ArtBank()
    sprite = bank.sprite(DRUM, height_px=90)
    rows, columns = sprite.shape[:2]
    x, y = (30 + columns / 2) / 320, (20 + rows / 2) / 180
    _, masks = render_frame(scene_of(sticker(DRUM, x, y, height=rows / 180)), bank, 0)
    assert (masks[0, 20 : 20 + rows, 30 : 30 + columns] == (sprite[..., 3] > 127)).all()
    assert masks[0].sum() == (sprite[..., 3] > 127).sum()


def test_flip_mirrors_left_to_right():
    bank = ArtBank()
    plain, flipped = (render_frame(scene_of(sticker(CAR, flip=flip)), bank, 0)[1][0] for flip in (False, True))
    assert (plain[:, ::-1] == flipped).mean() > 0.999
    assert (plain == flipped).mean() < 0.999


def test_a_tinted_car_is_of_that_colour():
    bank = ArtBank()
    frame, masks = render_frame(scene_of(sticker(CAR, colour="green")), bank, 0)
    red, green, blue = frame[masks[0]].mean(axis=0)
    assert green > 1.3 * max(red, blue)


def test_drift_moves_by_widths_per_frame_and_sway_rocks():
    # 0.02 widths of 100 pixels: 2 pixels per frame, 9 at the first to the left of the middle
    _, masks = render_frames(scene_of(sticker("red", drift=0.02)), Blocks(), 100, 50)
    assert [int(np.nonzero(mask.any(axis=0))[0][0]) for mask in masks[0]] == [31, 33, 35, 37, 39, 41, 43, 45, 47, 49]
    bank = ArtBank()
    _, rocking = render_frames(scene_of(sticker(CAR, sway_deg=15, sway_phase=0.4)), bank)
    _, still = render_frames(scene_of(sticker(CAR, sway_phase=0.4)), bank)
    assert len({mask.tobytes() for mask in rocking[0]}) == N_FRAMES
    assert len({mask.tobytes() for mask in still[0]}) == 1


def test_a_wide_sprite_is_sized_by_its_width():
    class Wide(ArtBank):
        def sprite(self, art: str, colour: str = "", height_px: float = 20) -> np.ndarray:
            return np.full((20, 50, 4), 255, np.uint8)

    # 50 x 0.8 = 40 pixels count as its height, 20 of which are its own: asked for 20, it is drawn 10 high and 25 wide
    _, masks = render_frame(scene_of(sticker("wide")), Wide(), 0, 100, 50)
    assert int(masks[0].any(axis=1).sum()) == 10
    assert int(masks[0].any(axis=0).sum()) in (25, 26)


def test_the_camera_pans_over_one_background():
    still, _ = render_frames(scene_of(), ArtBank(), 100, 50)
    assert (still == still[0]).all()
    panned, _ = render_frames(scene_of(pan=(0.0, 0.0, 1.0, 0.0)), ArtBank(), 100, 50)
    # 25 spare pixels: the last frame shows what the first showed 25 pixels further right
    assert (panned[0][:, 25:] == panned[-1][:, :-25]).all()
    assert (panned[0] == still[0]).all()
    other, _ = render_frame(scene_of(background=4), ArtBank(), 0, 100, 50)
    assert (other != still[0]).any()


def test_the_same_scene_gives_the_same_bytes_in_any_order():
    scenes = [sample_scene(np.random.default_rng(seed), f"made{seed}_0_10000") for seed in range(4)]
    first, second = ArtBank(), ArtBank()
    there = [[part.tobytes() for part in render_frames(scene, first)] for scene in scenes]
    back = [[part.tobytes() for part in render_frames(scene, second)] for scene in reversed(scenes)]
    assert there == back[::-1]
    frames, masks = render_frames(scenes[0], first)
    frame, mask = render_frame(scenes[0], second, 7)
    assert (frame == frames[7]).all()
    assert (mask == masks[:, 7]).all()


def test_shapes_and_disjoint_masks():
    scene = sample_scene(np.random.default_rng(5), "made_0_10000")
    frames, masks = render_frames(scene, ArtBank(), 160, 90)
    assert (frames.shape, frames.dtype) == ((N_FRAMES, 90, 160, 3), np.uint8)
    assert (masks.shape, masks.dtype) == ((len(scene.stickers), N_FRAMES, 90, 160), np.bool_)
    assert masks.sum(axis=0).max() == 1


def test_a_scene_with_unknown_art_says_what_to_do():
    with pytest.raises(DataError, match="twemoji/0"):
        render_frame(scene_of(sticker("twemoji/0")), ArtBank(), 0)
