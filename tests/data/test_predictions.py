"""Masks of any system, as images or run lengths: what is read, what is refused, and whose they are."""

import json
import pickle

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from tgs.data.predictions.base import keys_of
from tgs.data.predictions.coverage import cover
from tgs.data.predictions.images import PredictedImages
from tgs.data.predictions.open import open_predictions
from tgs.data.predictions.own import OwnMasks
from tgs.data.predictions.rle import PredictedRuns, decoded, unpacked
from tgs.errors import ConfigError, DataError
from tgs.types import Foreground, Masks, Reference, Split

SOFT = np.random.default_rng(7).integers(0, 256, (10, 5, 8), dtype=np.uint8)
UID = "a_0_10000_dog_1"


def reference(row, uid, split=Split.test_s):
    folder, category, _ = uid.rsplit("_", 2)
    return Reference(row, uid, folder, split, 0, category, "It.")


@pytest.fixture
def images(tmp_path):
    found = PredictedImages(tmp_path / "masks")
    found.write(UID, Masks(SOFT))
    return found


def image(images, frame, values, mode="L"):
    Image.fromarray(np.asarray(values, np.uint8)).convert(mode).save(images.root / UID / f"{frame:05d}.png")


def test_soft_masks_come_back_to_the_last_bit(images):
    np.testing.assert_array_equal(images.load(UID).soft_NHW, SOFT)
    assert images.keys() == {UID}
    assert [path.name for path in images.root.iterdir()] == [UID]


def test_certain_masks_are_0_and_255(images):
    for frame in range(10):
        image(images, frame, [[0, 255, 127, 128]])
    np.testing.assert_array_equal(images.load(UID).binary_NHW[3], [[False, True, False, True]])


def test_masks_of_0_and_1_are_refused_unless_nonzero_is_meant(images):
    for frame in range(10):
        image(images, frame, [[0, 1, 1, 0]])
    with pytest.raises(DataError, match=r"no pixel is above 1.*foreground=nonzero"):
        images.load(UID)
    given = PredictedImages(images.root, Foreground.nonzero)
    np.testing.assert_array_equal(given.load(UID).soft_NHW[9], [[0, 255, 255, 0]])


def test_black_and_white_images_and_palettes_are_read_by_their_meaning(images):
    for frame in range(10):
        image(images, frame, [[0, 255, 255, 0]], mode="1")
    np.testing.assert_array_equal(images.load(UID).soft_NHW[0], [[0, 255, 255, 0]])
    palette = Image.fromarray(np.array([[0, 1, 2, 0]], np.uint8), mode=None).convert("P")
    palette.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    for frame in range(10):
        palette.save(images.root / UID / f"{frame:05d}.png")
    with pytest.raises(DataError, match=r"00000\.png is no 8-bit gray image \(mode P\): say foreground=nonzero"):
        images.load(UID)
    nonzero = PredictedImages(images.root, Foreground.nonzero).load(UID)
    np.testing.assert_array_equal(nonzero.soft_NHW[0] > 0, np.asarray(palette) != 0)


def test_damage_is_named(images):
    folder = images.root / UID
    image(images, 4, np.zeros((5, 9)))
    with pytest.raises(DataError, match=r"00004\.png is 9x5, but 00000\.png beside it is 8x5"):
        images.load(UID)
    Image.new("RGB", (8, 5)).save(folder / "00004.png")
    with pytest.raises(DataError, match=r"00004\.png is no 8-bit gray image \(mode RGB\): save it"):
        images.load(UID)
    (folder / "00004.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"00004\.png cannot be read"):
        images.load(UID)
    (folder / "00004.png").rename(folder / "00010.png")
    with pytest.raises(DataError, match=r"00004\.png does not exist \(1 of 10 are missing\)"):
        images.load(UID)
    image(images, 4, SOFT[4])
    with pytest.raises(DataError, match=r"00010\.png is not one of the clip's 10 frames"):
        images.load(UID)


def test_the_digest_follows_the_content(images):
    before = images.digest([UID])
    image(images, 4, SOFT[4] ^ 1)
    assert images.digest([UID]) != before
    image(images, 4, SOFT[4])
    assert images.digest([UID]) == before


@pytest.mark.parametrize("seed", range(5))
def test_run_lengths_are_those_of_pycocotools(seed):
    rng = np.random.default_rng(seed)
    mask_HW = rng.random((37, 61)) < rng.choice([0.02, 0.5, 0.98])
    packed = coco.encode(np.asfortranarray(mask_HW.astype(np.uint8)))
    np.testing.assert_array_equal(decoded(packed["counts"].decode(), packed["size"]), mask_HW)
    plain = unpacked(packed["counts"].decode())
    again = coco.frPyObjects({"size": packed["size"], "counts": plain}, 37, 61)
    assert again["counts"] == packed["counts"]
    np.testing.assert_array_equal(decoded(plain, [37, 61]), mask_HW)


def test_run_lengths_by_hand():
    """2 x 3 pixels, column by column: two outside, three inside, one outside."""
    np.testing.assert_array_equal(decoded([2, 3, 1], [2, 3]), [[False, True, True], [False, True, False]])
    with pytest.raises(ValueError, match="runs of 5 pixels for 2 x 3"):
        decoded([2, 3], [2, 3])


def runs(path, *entries):
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def entry(uid=UID, count=10, **more):
    return {"uid": uid, "masks": [{"size": [2, 3], "counts": [2, 3, 1]}] * count, **more}


def test_a_line_is_found_by_its_uid_or_row_in_another_process_too(tmp_path):
    path = runs(tmp_path / "m.jsonl", entry("b_0_10000_cat_1"), entry(), entry("c_0_10000_cat_1", row=12))
    found = pickle.loads(pickle.dumps(open_predictions(path)))
    assert found.keys() == {"b_0_10000_cat_1", UID, "c_0_10000_cat_1.12"}
    np.testing.assert_array_equal(found.load(UID).soft_NHW[9], [[0, 255, 255], [0, 255, 0]])


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([entry(count=9)], "9 masks for 10 frames"),
        ([{"uid": UID, "masks": [{"size": [2, 3], "counts": [2, 3, 2]}] * 10}], "runs of 7 pixels for 2 x 3"),
        ([{"uid": UID, "masks": [{"size": [2, 3]}] * 10}], "damaged run lengths"),
        ([{"uid": UID, "masks": entry(count=9)["masks"] + [{"size": [3, 2], "counts": [6]}]}], "several sizes"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, entries, told):
    found = PredictedRuns.open(runs(tmp_path / "m.jsonl", *entries))
    with pytest.raises(DataError, match=rf"m\.jsonl, {UID}: .*{told}"):
        found.load(UID)


def test_a_line_that_is_none_and_one_that_stands_twice_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"line 2: a_0_10000_dog_1 stands there for the second time"):
        PredictedRuns.open(runs(tmp_path / "m.jsonl", entry(), entry()))
    with pytest.raises(DataError, match=r"line 1: expected"):
        PredictedRuns.open(runs(tmp_path / "m.jsonl", {"masks": []}))
    with pytest.raises(DataError, match=r"neither a folder.*nor a \.jsonl file"):
        open_predictions(tmp_path / "nothing")


def test_rows_that_share_a_uid_are_told_apart_by_their_row():
    rows = [reference(3, UID), reference(4, "b_0_10000_cat_1"), reference(9, UID, Split.test_u)]
    assert keys_of(rows) == {3: f"{UID}.3", 4: "b_0_10000_cat_1", 9: f"{UID}.9"}


def test_our_own_masks_are_kept_by_key(tmp_path):
    own = OwnMasks(PredictedImages(tmp_path), keys_of([reference(3, UID), reference(9, UID)]))
    own.write(reference(9, UID), Masks(SOFT))
    assert own.images.keys() == {f"{UID}.9"}
    assert own.has([reference(9, UID)])
    assert not own.has([reference(9, UID), reference(3, UID)])


TWICE = """vid,uid,split,fid,exp
a,a_0_10000_dog_1,test_s,0,The dog.
a,a_0_10000_dog_1,test_s,1,The other dog.
b,b_0_10000_cat_1,test_u,0,The cat.
"""
BOTH = ["test_s", "test_u"]


def test_missing_masks_are_refused_unless_partial_numbers_are_wanted(maker, tmp_path, caplog):
    maker.csv(TWICE)
    images = PredictedImages(tmp_path / "masks")
    images.write(f"{UID}.1", Masks(SOFT))
    images.write("nobody", Masks(SOFT))
    with pytest.raises(ConfigError, match=r"2 of 3 references.*a_0_10000_dog_1\.0 \(csv row 0.*allow_partial=true"):
        cover(images, maker.files, BOTH, allow_partial=False)
    found = cover(images, maker.files, BOTH, allow_partial=True)
    assert [r.row for r in found.expected] == [0, 1, 2]
    assert [r.row for r in found.scored] == [1]
    assert [[r.row for r in clip] for clip in found.clips] == [[1]]
    assert "2 of 3 references have no masks" in caplog.text
    assert "1 entries are of no row" in caplog.text
    assert "nobody" in caplog.text


def test_a_bare_uid_of_two_rows_is_refused(maker, tmp_path):
    maker.csv(TWICE)
    images = PredictedImages(tmp_path / "masks")
    images.write(UID, Masks(SOFT))
    with pytest.raises(DataError, match=rf"an entry {UID}, .*{UID}\.0, {UID}\.1"):
        cover(images, maker.files, ["test_s"], allow_partial=True)


def test_predictions_of_another_benchmark_are_refused_at_once(maker, tmp_path):
    maker.csv(TWICE)
    images = PredictedImages(tmp_path / "masks")
    images.write("other_0_10000_dog_1", Masks(SOFT))
    with pytest.raises(DataError, match=r"none of the 1 references.*other_0_10000_dog_1, wanted is.*b_0_10000_cat_1"):
        cover(images, maker.files, ["test_u"], allow_partial=True)
