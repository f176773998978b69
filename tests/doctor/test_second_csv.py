"""R2's way: a second csv asks its own questions of the same clips."""

from dataclasses import replace

import pytest

from tgs.doctor.examine import examine_benchmark
from tgs.doctor.finding import Kind

HEADER = "vid,uid,split,fid,exp\n"
B = "b_0_10000"


@pytest.fixture
def ask(copy):
    """Examines the clips of a copy with rows of a second csv; returns kinds and places."""

    def examined(*rows: str) -> list[tuple[Kind, str]]:
        csv = copy.root / "r2.csv"
        csv.write_text(HEADER + "".join(f"{row}\n" for row in rows))
        charts = examine_benchmark(replace(copy.files, csv=csv), copy.record, clips=True, workers=1)
        return [(one.kind, one.where) for chart in charts.values() for one in chart.findings]

    return examined


def test_rows_that_fit_are_fine_and_clips_that_only_the_first_csv_asks_about_are_used(ask):
    assert ask(f"{B},{B}_cat_1,test_s,1,The quiet hunter.", f"{B},{B}_cat_2,test_s,1,The last voice.") == []


def test_rows_that_do_not_fit(ask):
    assert ask(
        f"{B},{B}_cat_9,test_s,1,The quiet hunter.", f"{B},{B}_cat_1,test_u,1,The last voice.",
    ) == [(Kind.unknown_uid, "r2.csv, row 0"), (Kind.other_split, "r2.csv, row 1")]  # fmt: skip


def test_another_fid_counts_and_its_masks_must_be_there(ask, copy):
    assert ask(f"{B},{B}_cat_1,test_s,3,The quiet hunter.") == [
        (Kind.other_fid, "r2.csv, row 0"),
        (Kind.missing_masks, f"gt_mask/{B}/fid_3"),
    ]


def test_of_a_uid_with_two_rows_the_one_of_the_same_text_counts(ask, copy):
    """As the saw of Ref-AVSBench: fid 1 as "The silent cat.", fid 2 as "The other one."."""
    (copy.files.masks / B / "fid_1").rename(copy.files.masks / B / "fid_2")
    copy.edit_csv(f"{B}_cat_2,test_s,1,The one that is heard last.", f"{B}_cat_1,test_s,2,The other one.")
    assert ask(f"{B},{B}_cat_1,test_s,2,A new text.") == []
    assert ask(f"{B},{B}_cat_1,test_s,2,The silent cat.") == [(Kind.other_fid, "r2.csv, row 0")]
    assert ask(f"{B},{B}_cat_1,test_s,2,The other one.") == []


def test_rows_that_the_first_csv_left_unfinished_are_known(ask, copy):
    copy.edit_csv("cat_2,test_s", "cat_2,TODO")
    assert ask(f"{B},{B}_cat_2,test_s,1,The last voice.") == []


@pytest.mark.parametrize("text", [None, HEADER])
def test_without_a_first_csv_rows_are_not_joined(ask, copy, text):
    copy.files.csv.unlink() if text is None else copy.files.csv.write_text(text)
    found = ask(f"{B},{B}_cat_1,test_s,1,The quiet hunter.")
    assert (Kind.not_joined, str(copy.files.csv)) in found
    assert {kind for kind, _ in found} == {Kind.not_joined, Kind.unused_clip, Kind.unused_masks}
