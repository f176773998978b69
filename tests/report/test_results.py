"""Evaluations read back: which make one row, what their numbers are, what is refused."""

import json

import numpy as np
import pytest

from tgs.errors import ConfigError, DataError
from tgs.report.results import read, read_rows
from tgs.types import Measure


def test_seeds_make_one_row_and_other_settings_another(write):
    folders = [
        write("a", seen=[0.2, 0.4], checkpoint="c0"),
        write("raw", seen=[0.1, 0.1], policy="raw", checkpoint=None),
        write("b", seen=[0.4, 0.8], checkpoint="c1"),
    ]
    rows = read_rows([*folders, folders[0]])
    assert [len(row.evaluations) for row in rows] == [2, 1]
    seen = rows[0].number(Measure.seen)
    assert seen.value == pytest.approx((0.3 + 0.6) / 2)
    assert rows[0].spread(Measure.seen) == (pytest.approx(0.3), pytest.approx(0.6))
    assert set(np.round(seen.values_R, 6)) == {0.3, 0.45, 0.6}  # both seeds on the same draw: (a, a), (a, b), (b, b)
    assert rows[0].number(Measure.unseen) is rows[0].spread(Measure.unseen) is None


@pytest.mark.parametrize("protocol", ["tgs", "refavs"])
def test_the_numbers_are_those_of_the_summary(write, protocol):
    path = write("a", seen=[0.2, 0.3, 0.9], unseen=[0.5, 0.1], null=[0.1, 0.3], protocol=protocol)
    numbers = json.loads((path / "summary.json").read_text())["numbers"]
    row = read_rows([path])[0]
    assert row.number(Measure.seen).value == numbers["seen"]["JF"]
    assert row.number(Measure.mix).value == pytest.approx(numbers["mix"]["JF"])
    assert row.number(Measure.null_s).value == numbers["null_s"]


def test_numbers_of_some_kinds_only(write):
    row = read_rows([write("a", seen=[0.2, 0.4, 0.9], kinds=["pair", "pair", "named"])])[0]
    assert row.number(Measure.seen, ["pair"]).value == pytest.approx(0.3)
    assert row.number(Measure.seen, ["sound"]) is None


def test_names_are_counted_over_all_splits_and_by_kind(write):
    kinds = ["sound", "pair", "sound", "null"]
    named = ["dog", "cat", "Dog", "null"]
    row = read_rows([write("a", seen=[0.2, 0.2], unseen=[0.2], null=[0.1], kinds=kinds, named=named)])[0]
    assert row.number(Measure.named).value == 0.5
    assert row.number(Measure.named, ["sound"]).value == 1.0
    assert set(row.number(Measure.named).values_R) == {0, 0.25, 0.5, 0.75, 1}  # four clips, drawn with replacement
    assert read_rows([write("raw", seen=[0.2])])[0].number(Measure.named) is None


def test_settings_go_by_the_command_line_s_names(write):
    row = read_rows([write("a", seen=[0.2])])[0]
    assert [row.setting(n) for n in ("prompt", "thresholds.box", "benchmark")] == ["simple", 0.1, "stickers"]
    with pytest.raises(ConfigError, match=r"no setting 'thresholds\.bbox'.*benchmark"):
        row.setting("thresholds.bbox")


def test_scores_of_another_protocol_version_are_refused(write):
    path = write("a", seen=[0.2])
    summary = json.loads((path / "summary.json").read_text())
    summary["numbers"]["protocol"] = "tgs@0"
    (path / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(DataError, match=r"tgs@0, this is tgs@1.*overwrite=true"):
        read(path)


def test_an_unfinished_or_damaged_evaluation_is_named(write):
    path = write("a", seen=[0.2])
    np.savez(path / "clips" / "test_sclip0.npz")
    with pytest.raises(DataError, match=r"F curve of test_sclip0_dog_0 is missing"):
        read(path)
    (path / "references.jsonl").write_text("{")
    with pytest.raises(DataError, match=r"references\.jsonl: cannot be read"):
        read(path)
    (path / "summary.json").unlink()
    with pytest.raises(DataError, match="has not finished"):
        read(path)
