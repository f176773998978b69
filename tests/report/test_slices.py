"""Who is in which slice."""

from dataclasses import replace

import pytest

from tgs.errors import DataError
from tgs.report.results import read
from tgs.report.slices import Slicing, everything, instances, kinds, size, sizes, slices
from tgs.types import Measure, Split


def record(folder, fid, category="dog", shares=(0.1,), S=None):
    return {"folder": folder, "fid": fid, "category": category, "truth": {"shares": list(shares)}, "S": S}


def test_instances_are_distinct_objects_of_one_category_in_one_clip():
    records = [
        record("a", 1), record("a", 1), record("a", 2), record("a", 3, "cat"), record("b", 1),
        record("b", 0, "null", S=0.1), record("b", 9, "null", S=0.1),
    ]  # fmt: skip
    sliced = instances(records)
    two, one = "instances: 2", "instances: 1"
    assert list(sliced.of) == [two, two, two, one, one, None, None]
    assert list(sliced.names) == [one, two]


def test_sizes_are_thirds_of_the_references_and_of_frames_that_show_the_object():
    assert size(record("a", 1, shares=(0, 0.2, 0.4))) == pytest.approx(0.3)
    assert size(record("a", 1, shares=(0, 0))) == 0
    records = [record("a", i, shares=[s / 100]) for i, s in enumerate((1, 2, 3, 4, 5, 6, 7))]
    sliced = sizes([*records, record("a", 9, "null", S=0.0)])  # a third of the way from 1 to 7 is 3
    assert list(sliced.names) == ["size: up to 3.0%", "size: 3.0% to 5.0%", "size: above 5.0%"]
    assert [sliced.names.index(name) for name in sliced.of[:-1]] == [0, 0, 0, 1, 1, 2, 2]
    assert sliced.of[-1] is None
    assert sizes([record("a", 9, "null", S=0.0)]) == Slicing([None], [])


def test_slices_go_number_by_number(write):
    evaluation = read(write("a", seen=[0.2, 0.4], unseen=[0.1], null=[0.3], kinds=["sound", "pair", "sound", "null"]))
    records = evaluation.records
    found = [
        (one.measure, one.name, list(one.positions))
        for one in slices(evaluation, [everything(records), kinds(records)])
    ]
    assert found == [
        (Measure.seen, "all", [0, 1]), (Measure.seen, "kind: pair", [1]), (Measure.seen, "kind: sound", [0]),
        (Measure.unseen, "all", [2]), (Measure.unseen, "kind: sound", [2]), (Measure.null_s, "all", [3]),
    ]  # fmt: skip


def test_without_kinds_there_are_no_slices_of_them():
    assert list(kinds([{"kind": "", "S": None}]).names) == []


def test_what_no_number_counts_is_refused(write):
    evaluation = read(write("a", seen=[0.2]))
    evaluation = replace(evaluation, scores=[replace(evaluation.scores[0], split=Split.train)])
    with pytest.raises(DataError, match=r"test_sclip0_dog_0 has an object and stands in split train, which no number"):
        list(slices(evaluation, [everything(evaluation.records)]))
