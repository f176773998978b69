"""Every kind of damage to a benchmark, planted one at a time: found at its place, and nothing else is."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from tgs.data.benchmark import BenchmarkData
from tgs.doctor.clip import examine_clip, jobs_of
from tgs.doctor.finding import Kind, Severity
from tgs.doctor.lists import examine_lists
from tgs.doctor.rows import read_sheet
from tgs.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec.* is deprecated:FutureWarning")  # lightning 2.6, torch 2.13

A, B, NULL = "a_0_10000", "b_0_10000", "null_c-b_0_10000"
CAT = f"{B},{B}_cat_1,test_s,1,The silent cat.\n"
NOT_STOPPED = {Kind.leak, Kind.null_row, Kind.mask_gray, Kind.short_sound, Kind.bad_instructions}
"""Errors that the evaluation's data do not refuse: numbers would be wrong, or only a training stops."""


class Case(NamedTuple):
    """What is done to a copy, and what must be found there: kinds and places."""

    damage: Callable
    found: list[tuple[Kind, str]]


def row(old: str, new: str, *found: tuple[Kind, int]) -> Case:
    return Case(lambda copy: copy.edit_csv(old, new), [(kind, f"metadata.csv, row {at}") for kind, at in found])


def gone(path: str, kind: Kind, *where: str) -> Case:
    def damage(copy):
        target = copy.root / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    return Case(damage, [(kind, place) for place in where or (path,)])


def heard(wave: Callable, kind: Kind, folder: str = A) -> Case:
    return Case(lambda copy: copy.sound(folder, wave(copy)), [(kind, f"media/{folder}/audio.wav")])


def text(path: str, content: str, kind: Kind, where: str = "") -> Case:
    def damage(copy):
        target = copy.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)

    return Case(damage, [(kind, where or path)])


def mask(name: str, levels: list[int], kind: Kind, **settings) -> Case:
    return Case(lambda copy: copy.mask(name, levels, **settings), [(kind, f"gt_mask/{name}")])


def frame(name: str, kind: Kind, **settings) -> Case:
    return Case(lambda copy: copy.frame(name, **settings), [(kind, f"media/{name}")])


def cut(path: str) -> Callable:
    """Keep the first half of a file."""

    def damage(copy):
        target = copy.root / path
        target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])

    return damage


def emptied(copy) -> None:
    for index in range(10):
        copy.mask(f"{A}/fid_2/{index:05d}.png", [])


def muted(copy) -> None:
    """The null clip becomes one whose sound was taken away."""
    name = NULL.replace("null_c", "null_m")
    copy.edit_csv(NULL, name)
    for root in (copy.files.media, copy.files.masks):
        (root / NULL).rename(root / name)
    copy.sound(name, np.zeros(160_000))


CASES = {
    # rows
    "a column is gone": Case(lambda copy: copy.edit_csv("fid,exp", "object,exp"),
                             [(Kind.unreadable_csv, "metadata.csv")]),
    "the csv is gone": gone("metadata.csv", Kind.unreadable_csv),
    "another encoding": Case(lambda copy: copy.files.csv.write_bytes(copy.files.csv.read_bytes() + b"\xe9"),
                             [(Kind.unreadable_csv, "metadata.csv")]),
    "no rows": Case(lambda copy: copy.files.csv.write_text("vid,uid,split,fid,exp\n"),
                    [(Kind.unreadable_csv, "metadata.csv")]),
    "a comma without quotes": row("The silent cat.", "The cat, silent.", (Kind.field_count, 2)),
    "a uid without a number": row("b_0_10000_cat_2", "b_0_10000_cat_two", (Kind.malformed_uid, 3)),
    "a split that is none": row("b_0_10000_cat_2,test_s", "b_0_10000_cat_2,test", (Kind.unknown_split, 3)),
    "a fid that is none": row("b_0_10000_cat_2,test_s,1", "b_0_10000_cat_2,test_s,one", (Kind.bad_fid, 3)),
    "no expression": row("The one that is heard last.", " ", (Kind.empty_expression, 3)),
    "two faults in a row": row("cat_2,test_s,1", "cat_2,test,one", (Kind.unknown_split, 3), (Kind.bad_fid, 3)),
    "faults in two rows": row("test_s", "test", (Kind.unknown_split, 2), (Kind.unknown_split, 3)),
    "an unfinished row": row("b_0_10000_cat_2,test_s", "b_0_10000_cat_2,TODO", (Kind.todo_row, 3)),
    "a uid in two rows": row("b_0_10000_cat_2", "b_0_10000_cat_1", (Kind.duplicate_uid, 3)),
    "an object of two categories": Case(lambda copy: copy.edit_csv("b_0_10000_cat_2", "b_0_10000_tiger_2"),
                                        [(Kind.several_categories, f"{B}, fid 1")]),
    "another vid": row(CAT, CAT.replace(B, "c_0_10000", 1), (Kind.other_vid, 2)),
    "null among the seen": row("null_1,test_n", "null_1,test_s", (Kind.null_row, 4)),
    "somebody among the null": row("cat_2,test_s", "cat_2,test_n", (Kind.null_row, 3)),
    "a video in train and test": Case(lambda copy: copy.edit_csv("cat_2,train", "cat_2,val"), [(Kind.leak, A)]),
    # lists
    "no texts": gone("instructions.json", Kind.no_instructions),
    "a uid without a text": text("instructions.json", '{"a_0_10000_dog_1": {"output": "x"}}', Kind.bad_instructions),
    "a scene that is no json": text(f"media/{B}/scene.json", "{", Kind.bad_kinds),
    # frames
    "no media": Case(lambda copy: shutil.rmtree(copy.files.media), [(Kind.missing_folder, "media")]),
    "no clip": gone(f"media/{B}", Kind.missing_clip),
    "no frames": gone(f"media/{B}/frames", Kind.missing_frame, *(f"media/{B}/frames/{i}.jpg" for i in range(10))),
    "no frame 7": gone(f"media/{B}/frames/7.jpg", Kind.missing_frame),
    "an eleventh frame": frame(f"{B}/frames/10.jpg", Kind.extra_frame),
    "half a frame": Case(cut(f"media/{B}/frames/7.jpg"), [(Kind.unreadable_frame, f"media/{B}/frames/7.jpg")]),
    "a frame of another size": frame(f"{B}/frames/0.jpg", Kind.frame_size, size=(20, 12)),
    "a clip without rows": Case(lambda copy: (copy.files.media / "c").mkdir(), [(Kind.unused_clip, "media/c")]),
    # sounds
    "no sound": gone(f"media/{B}/audio.wav", Kind.missing_sound),
    "no wav": text(f"media/{B}/audio.wav", "RIFF", Kind.unreadable_sound),
    "no samples": heard(lambda copy: np.zeros(0), Kind.unreadable_sound),
    "a second": heard(lambda copy: copy.noise(1.0), Kind.short_sound),
    "half a second too long": heard(lambda copy: copy.noise(10.5), Kind.odd_duration),
    "silence": heard(lambda copy: 0.01 * copy.noise(), Kind.silent_sound),
    "cut off": heard(lambda copy: np.clip(4 * copy.noise(), -1, 1), Kind.clipped_sound),
    "a muted null clip": Case(muted, [(Kind.muted_null, "media/null_m-b_0_10000/audio.wav")]),
    # masks
    "no masks": Case(lambda copy: shutil.rmtree(copy.files.masks), [(Kind.missing_folder, "gt_mask")]),
    "no masks of an object": gone(f"gt_mask/{A}/fid_2", Kind.missing_masks),
    "no mask 3": gone(f"gt_mask/{A}/fid_2/00003.png", Kind.missing_mask),
    "half a mask": Case(cut(f"gt_mask/{A}/fid_2/00003.png"),
                        [(Kind.unreadable_mask, f"gt_mask/{A}/fid_2/00003.png")]),
    "a mask of another size": mask(f"{A}/fid_2/00003.png", [255], Kind.mask_size, size=(12, 16)),
    "soft edges": mask(f"{A}/fid_2/00003.png", [100, 255, 100], Kind.mask_gray),
    "foreground 1": mask(f"{A}/fid_2/00003.png", [1, 1], Kind.mask_level),
    "nobody in any mask": Case(emptied, [(Kind.empty_object, f"gt_mask/{A}/fid_2")]),
    "somebody in a null mask": mask(f"{NULL}/fid_0/00003.png", [255], Kind.null_mask),
    "an eleventh mask": mask(f"{A}/fid_2/00010.png", [], Kind.extra_mask),
    "masks that no row asks for": Case(lambda copy: (copy.files.masks / A / "fid_3").mkdir(),
                                       [(Kind.unused_masks, f"gt_mask/{A}/fid_3")]),
}  # fmt: skip


def loads(copy) -> bool:
    """Whether an evaluation gets all of its data."""
    data = BenchmarkData(files=copy.files)
    try:
        data.setup()
        works = [work for batch in data.predict_dataloader() for work in batch]
        return bool(works) and all(len(t.masks_NHW) for work in works if work.shown.clip for t in work.truths)
    except DataError:
        return False


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.parametrize("name", CASES)
def test_damage_is_found_where_it_is_and_called_an_error_where_a_run_would_stop(copy, name):
    case = CASES[name]
    case.damage(copy)
    found = copy.examine()
    places = [(one.kind, one.where.removeprefix(f"{copy.root}/")) for one in found]
    assert places == case.found
    assert all(one.what for one in found)
    stopping = {one.kind for one in found if one.kind.severity is Severity.error} - NOT_STOPPED
    assert loads(copy) is not bool(stopping)


def test_a_copy_without_damage_is_sound(copy):
    assert copy.examine() == []
    assert loads(copy)


def test_every_kind_of_damage_to_a_benchmark_is_planted():
    kinds = list(Kind)
    of_benchmark = kinds[: kinds.index(Kind.old_python)]
    of_second_csv = {Kind.unknown_uid, Kind.other_split, Kind.other_fid, Kind.not_joined}
    planted = {kind for case in CASES.values() for kind, _ in case.found}
    assert planted == set(of_benchmark) - of_second_csv
    assert len(planted) >= 15


def test_no_two_kinds_are_one():
    assert len(Kind.__members__) == len(list(Kind))


def test_a_frame_that_another_name_hides_is_found(copy):
    """`00.jpg` and `0.jpg` are both frame 0 to the loader, and which of the two it takes is chance."""
    copy.frame(f"{B}/frames/00.jpg")
    assert [(one.kind, one.where) for one in copy.examine()] == [(Kind.extra_frame, f"media/{B}/frames/00.jpg")]


def test_a_kinds_file_is_read(copy):
    kinds = copy.root / "kinds.json"
    kinds.write_text("[]")
    chart = examine_lists(replace(copy.files, kinds=kinds), read_sheet(copy.files.csv))
    assert [(one.kind, one.where) for one in chart.findings] == [(Kind.bad_kinds, "kinds.json")]


def test_null_clips_may_have_their_sound_apart(copy):
    cross = copy.root / "media_cross" / NULL
    cross.mkdir(parents=True)
    (cross / "audio.wav").write_text("no sound")
    files = replace(copy.files, media_cross=cross.parent)
    (job,) = [job for job in jobs_of(copy.files.references()) if job.folder == NULL]
    assert [(one.kind, one.where) for one in examine_clip(files, job)] == [
        (Kind.unreadable_sound, f"media_cross/{NULL}/audio.wav")
    ]


def test_a_gray_mask_in_colours_counts_as_it_is_read(copy):
    """A palette image is turned to gray first, as the loader does."""
    image = Image.fromarray(np.full((12, 16), 1, np.uint8)).convert("P")
    image.putpalette([0, 0, 0, 128, 0, 0])
    image.save(copy.root / "gt_mask" / A / "fid_2" / "00003.png")
    (found,) = copy.examine()
    assert (found.kind, found.what) == (Kind.mask_level, "0 and 38")  # 0.299 * 128
