"""The csv rules: what is read, what is kept, what is refused."""

import json
from dataclasses import replace

import pytest

from tgs.data.files import BenchmarkFiles, read_kinds, read_kinds_file
from tgs.data.records import read_references, read_table
from tgs.errors import DataError
from tgs.types import Reference, Split

HEADER = "vid,uid,split,fid,exp\n"
GOOD = "v_0_10000,v_0_10000_dog_1,train,3,The dog.\n"


def test_a_row_becomes_a_reference(maker):
    path = maker.csv(HEADER + GOOD)
    assert read_references(path) == [
        Reference(0, "v_0_10000_dog_1", "v_0_10000", Split.train, 3, "dog", "The dog.", "")
    ]


def test_ids_may_begin_with_a_dash_and_hold_underscores(maker):
    path = maker.csv(HEADER + "x,--K_Ie_v6PM_1_2_emergency-car_12,test_u,0,It.\n")
    (reference,) = read_references(path)
    assert (reference.folder, reference.category) == ("--K_Ie_v6PM_1_2", "emergency-car")


def test_the_folder_comes_from_the_uid_for_null_rows_whose_vid_lacks_the_prefix(maker):
    path = maker.csv(HEADER + "v_0_10000,null_m-v_0_10000_null_4,test_n,0,The sounding object\n")
    (reference,) = read_references(path)
    assert reference.folder == "null_m-v_0_10000"
    assert reference.is_null


def test_crlf_and_a_byte_order_mark_change_nothing(maker):
    text = HEADER + GOOD + 'v_0_10000,v_0_10000_dog_2,val,3,"The ""big"", loud dog. "\n'
    plain = read_references(maker.csv(text))
    dressed = read_references(maker.csv("\ufeff" + text.replace("\n", "\r\n")))
    assert plain == dressed
    assert plain[1].text == 'The "big", loud dog.'


def test_todo_rows_are_left_out_but_counted_and_keep_the_numbering(maker):
    table = read_table(maker.csv(HEADER + "v,v_0_1_fox_1,TODO,,\n" + GOOD))
    assert table.ignored_rows == 1
    assert [reference.row for reference in table.references] == [1]


def test_a_uid_that_occurs_twice_is_kept_twice(maker):
    path = maker.csv(HEADER + GOOD + GOOD.replace(",3,", ",0,"))
    first, second = read_references(path)
    assert first.uid == second.uid
    assert [(r.row, r.fid) for r in (first, second)] == [(0, 3), (1, 0)]


def test_a_second_csv_on_the_same_clips_gives_its_own_fid_and_text(maker):
    """R2-AVSBench: the same uid, another expression, sometimes another object."""
    maker.csv(HEADER + "b,4H_7_8_bass_3,test_s,9,The bass.\n")
    other = maker.root / "r2.csv"
    other.write_text(HEADER + 'b,4H_7_8_bass_3,test_s,3,"The lowest ""voice"" of the strings."\n')
    r2 = BenchmarkFiles("r2", other, maker.files.media, maker.files.masks)
    assert [r.fid for r in maker.files.references()] == [9]
    assert [(r.fid, r.text) for r in r2.references()] == [(3, 'The lowest "voice" of the strings.')]


def test_extra_columns_are_allowed(maker):
    assert len(read_references(maker.csv("grade," + HEADER + "5," + GOOD))) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"metadata\.csv lacks the column vid, uid, split, fid, exp.*empty"),
        ("vid,uid,split,exp\n", r"metadata\.csv lacks the column fid"),
        (HEADER, r"metadata\.csv has a header but no usable row"),
        (HEADER + "v,v_0_1_fox_1,TODO,0,It.\n", r"no usable row"),
        (HEADER + GOOD + "v,dog1,train,0,It.\n", r"metadata\.csv, row 1 \(line 3\): malformed uid 'dog1'"),
        (HEADER + "v,v_dog_one,train,0,It.\n", r"row 0 \(line 2\): malformed uid"),
        (HEADER + "v,_dog_1,train,0,It.\n", r"malformed uid"),
        (HEADER + "v,../v_dog_1,train,0,It.\n", r"malformed uid"),
        (HEADER + "v,v_dog_1,test,0,It.\n", r"row 0 \(line 2\): unknown split 'test'.*test_s, test_u, test_n"),
        (HEADER + "v,v_dog_1,train,-1,It.\n", r"fid '-1'.*gt_mask/v/fid_N"),
        (HEADER + "v,v_dog_1,train,0,  \n", r"row 0 \(line 2\): uid v_dog_1 has an empty exp"),
        (HEADER + GOOD + "v,v_dog_1,train,0\n", r"row 1 \(line 3\): the row has not 5 fields"),
        (HEADER + "v,v_dog_1,train,0,The dog, barking.\n", r"has not 5 fields.*double quotes"),
        (HEADER + 'v,v_dog_1,train,0,"The dog.\n', r"is not a UTF-8 csv"),
    ],
)
def test_what_is_wrong_with_a_csv_is_said_with_its_place(maker, text, message):
    with pytest.raises(DataError, match=message):
        read_references(maker.csv(text))


def test_a_missing_csv_names_the_remedy(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv does not exist.*python -m tgs\.stickers"):
        read_references(tmp_path / "nowhere.csv")


def test_a_csv_of_another_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes((HEADER + "v,v_dog_1,train,0,Caf\xe9.\n").encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        read_references(path)


def test_splits_are_filtered_and_an_absent_one_is_refused(benchmark):
    found = benchmark.files.references([Split.test_u, Split.test_n])
    assert [r.row for r in found] == [4, 6]
    with pytest.raises(DataError, match=r"no row of split val"):
        benchmark.files.references([Split.val])


def test_kinds_come_from_the_scene_of_each_clip_that_has_one(benchmark):
    scene = {
        "references": [{"uid": "b_0_10000_cat_1", "text": "The silent cat.", "kind": "sound", "held_out": True}],
        "r2": [{"uid": "b_0_10000_cat_1", "text": "The quiet hunter.", "kind": "r2"}],
    }
    (benchmark.files.media / "b_0_10000" / "scene.json").write_text(json.dumps(scene))
    kinds = {r.uid: r.kind for r in benchmark.files.references()}
    assert kinds["b_0_10000_cat_1"] == "sound"
    assert set(kinds.values()) == {"sound", ""}
    csv = benchmark.root / "r2.csv"
    csv.write_text(HEADER + "b,b_0_10000_cat_1,test_s,1,The quiet hunter.\n")
    (r2,) = replace(benchmark.files, csv=csv).references()
    assert r2.kind == "r2"


def test_kinds_may_come_from_one_file_instead(benchmark):
    path = benchmark.root / "kinds.json"
    path.write_text('{"a_0_10000_dog_1": "position"}')
    files = BenchmarkFiles("made", benchmark.files.csv, benchmark.files.media, benchmark.files.masks, kinds=str(path))
    assert [r.kind for r in files.references([Split.train])] == ["position", ""]


def test_damaged_kinds_are_refused(tmp_path):
    (tmp_path / "v").mkdir()
    scene = tmp_path / "v" / "scene.json"
    scene.write_text('{"references": [{"uid": "v_dog_1"}]}')
    with pytest.raises(DataError, match=r"scene\.json does not list its references"):
        read_kinds(tmp_path, ["v"])
    scene.write_text("{")
    with pytest.raises(DataError, match=r"scene\.json is not json: .*line 1"):
        read_kinds(tmp_path, ["v"])
    scene.write_text('{"v_dog_1": 3}')
    with pytest.raises(DataError, match="texts as kinds"):
        read_kinds_file(scene)
    with pytest.raises(DataError, match="does not exist"):
        read_kinds_file(tmp_path / "none.json")


def test_the_digest_follows_the_csv_s_bytes(maker):
    maker.csv(HEADER + GOOD)
    before = maker.files.digest()
    maker.csv(HEADER + GOOD.replace("dog.", "dog"))
    assert maker.files.digest() != before
