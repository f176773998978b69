"""Sprites: there for every category, cropped, premultiplied, tinted with their shading kept."""

import colorsys

import numpy as np
import pytest

from tgs.errors import ConfigError, DataError, TgsError
from tgs.stickers.art import ArtBank, rendered, tint
from tgs.stickers.categories import CATEGORIES, COLOURS, FAMILIES, SEEN, UNSEEN

ALL_ART = [
    f"{family}/{point}" for category in CATEGORIES.values() for family in category.art for point in category.art[family]
]


def test_there_are_24_categories_and_six_are_unseen():
    assert len(CATEGORIES) == 24
    assert set(UNSEEN) == {"banjo", "accordion", "sheep", "lion", "motorcycle", "train"}
    assert sorted((*SEEN, *UNSEEN)) == sorted(CATEGORIES)
    assert not [name for name in CATEGORIES if "_" in name or " " in name]


def test_every_category_has_art_in_every_family_and_shares_none():
    for category in CATEGORIES.values():
        assert set(category.art) == set(FAMILIES)
        assert all(category.art.values())
    assert len(set(ALL_ART)) == len(ALL_ART)


@pytest.mark.parametrize("art", ALL_ART)
def test_art_is_cropped_to_its_visible_pixels_and_premultiplied(art: str):
    sprite = rendered(art)
    visible = sprite[..., 3] > 127
    assert visible.mean() > 0.1
    assert all(edge.any() for edge in (visible[0], visible[-1], visible[:, 0], visible[:, -1]))
    assert (sprite[..., :3] <= sprite[..., 3:]).all()


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("art", ["twemoji/1f697", "openmoji/1f415", "twemoji/1f4de"])
def test_a_tint_gives_its_hue_and_keeps_shape_and_shading(art: str, colour: str):
    plain, tinted = rendered(art), tint(rendered(art), colour)
    assert (tinted[..., 3] == plain[..., 3]).all()
    solid = plain[..., 3] == 255
    hue, _, _ = colorsys.rgb_to_hsv(*(tinted[solid][:, :3].mean(axis=0) / 255))
    wanted, _, _ = colorsys.rgb_to_hsv(*(np.array(COLOURS[colour]) / 255))
    assert abs((hue - wanted + 0.5) % 1 - 0.5) < 15 / 360
    before, after = (pixels[solid][:, :3].astype(float) @ [0.30, 0.59, 0.11] for pixels in (plain, tinted))
    if before.std() > 3:  # a receiver is of one grey: nothing to keep
        assert np.corrcoef(before, after)[0, 1] > 0.7


def test_no_colour_leaves_the_art_as_it_is():
    assert (ArtBank().sprite("twemoji/1f697") == rendered("twemoji/1f697")).all()


def test_the_smallest_kept_size_that_is_large_enough_is_given():
    bank = ArtBank()
    full = bank.sprite("twemoji/1f697").shape[0]
    assert bank.sprite("twemoji/1f697", height_px=10 * full).shape[0] == full
    assert bank.sprite("twemoji/1f697", height_px=full / 2 + 1).shape[0] == full
    assert bank.sprite("twemoji/1f697", height_px=full // 2).shape[0] == full // 2
    assert bank.sprite("twemoji/1f697", height_px=1).shape[0] == full // 2 // 2 // 2 // 2


def test_sprites_do_not_depend_on_what_was_asked_before():
    first, second = ArtBank(), ArtBank()
    asked = [("twemoji/1f697", "blue"), ("twemoji/1f697", ""), ("openmoji/1f415", "red")]
    there = [first.sprite(*key, 40).tobytes() for key in asked]
    back = [second.sprite(*key, 40).tobytes() for key in reversed(asked)]
    assert there == back[::-1]


@pytest.mark.parametrize("art", ["twemoji/0", "openmoji/nothing", "fluent/1f697", "1f697", ""])
def test_unknown_art_says_what_to_do(art: str):
    with pytest.raises(DataError, match=r"cannot be drawn.*categories\.py.*pip install tgs\[stickers\]"):
        ArtBank().sprite(art)


def test_an_unknown_colour_names_the_known_ones():
    with pytest.raises(ConfigError, match="'mauve'; there are red, green, blue, yellow, purple"):
        ArtBank().sprite("twemoji/1f697", "mauve")
    assert issubclass(ConfigError, TgsError)
