"""The reader on Ref-AVSBench's real metadata.csv, where a copy of it lies beside the repository."""

from collections import Counter
from pathlib import Path

import pytest

from tgs.data.records import one_per_uid, read_table
from tgs.types import Split

CSV = Path(__file__).parents[3] / "shared" / "data" / "refavs" / "metadata.csv"

pytestmark = pytest.mark.skipif(
    not CSV.is_file(), reason="needs Ref-AVSBench's metadata.csv at ../shared/data/refavs beside the repository"
)


@pytest.fixture(scope="module")
def table():
    return read_table(CSV)


@pytest.fixture(scope="module")
def by_split(table):
    return {split: [r for r in table.references if r.split is split] for split in Split}


def test_rows(table, by_split):
    assert table.ignored_rows == 25
    assert len(table.references) + table.ignored_rows == 20459
    assert {s.value: len(rows) for s, rows in by_split.items()} == {
        "train": 14113, "val": 1349, "test_s": 2288, "test_u": 1656, "test_n": 1028,
    }  # fmt: skip


def test_uids_that_occur_twice(table, by_split):
    assert {s.value: len({r.uid for r in rows}) for s, rows in by_split.items()} == {
        "train": 14113, "val": 1349, "test_s": 2287, "test_u": 1646, "test_n": 1028,
    }  # fmt: skip
    counts = Counter(r.uid for r in table.references)
    twice = [uid for uid, count in counts.items() if count > 1]
    assert len(twice) == 11
    assert Counter(uid.split("_")[-2] for uid in twice) == {"emergency-car": 7, "mower": 3, "saw": 1}
    saws = [r for r in table.references if r.uid == "MDyjY3uiWp0_297000_307000_saw_4"]
    assert [(r.fid, r.split) for r in saws] == [(4, Split.test_s), (0, Split.test_s)]
    assert len({(r.uid, r.row) for r in table.references}) == len(table.references)


def test_one_per_uid_loses_eleven_rows_and_asks_the_muted_saw_of_the_loud_one(by_split):
    left = {split: one_per_uid(rows) for split, rows in by_split.items()}
    assert {split: len(by_split[split]) - len(rows) for split, rows in left.items() if rows != by_split[split]} == {
        Split.test_s: 1, Split.test_u: 10,
    }  # fmt: skip
    (saw,) = [r for r in left[Split.test_s] if r.uid == "MDyjY3uiWp0_297000_307000_saw_4"]
    assert (saw.text, saw.fid) == ("The muted saw.", 0)


def test_clips_and_objects(by_split):
    assert {s.value: len({r.folder for r in rows}) for s, rows in by_split.items()} == {
        "train": 2919, "val": 275, "test_s": 273, "test_u": 269, "test_n": 257,
    }  # fmt: skip
    # one more than by unique uid, because the saw of two rows has two fids
    assert {s.value: len({(r.folder, r.fid) for r in rows}) for s, rows in by_split.items()} == {
        "train": 6133, "val": 582, "test_s": 494, "test_u": 337, "test_n": 257,
    }  # fmt: skip


def test_objects_with_two_names(table):
    names: dict[tuple[str, int], set[str]] = {}
    for r in table.references:
        names.setdefault((r.folder, r.fid), set()).add(r.category)
    assert sum(len(categories) > 1 for categories in names.values()) == 38


def test_null_rows(by_split):
    nulls = {s.value: [r for r in rows if r.is_null] for s, rows in by_split.items()}
    assert {s: len(rows) for s, rows in nulls.items()} == {
        "train": 608, "val": 72, "test_s": 0, "test_u": 0, "test_n": 1028,
    }  # fmt: skip
    for split, crossed, muted in (("train", 340, 268), ("test_n", 484, 544)):
        assert Counter(r.folder[:7] for r in nulls[split]) == {"null_c-": crossed, "null_m-": muted}
    assert {r.fid for rows in nulls.values() for r in rows} == {0}
    assert len({r.text for r in nulls["test_n"]}) == 8


def test_categories(table, by_split):
    counts = Counter(r.category for r in table.references)
    assert len(counts) == 52
    assert counts.most_common(4) == [("cello", 1801), ("null", 1708), ("violin", 1590), ("guitar", 1278)]
    assert {s.value: len({r.category for r in rows} - {"null"}) for s, rows in by_split.items()} == {
        "train": 38, "val": 38, "test_s": 34, "test_u": 24, "test_n": 0,
    }  # fmt: skip
    seen = {r.category for s in (Split.train, Split.val, Split.test_s) for r in by_split[s]}
    unseen = {r.category for r in by_split[Split.test_u]} - seen
    assert unseen == {
        "baby", "emergency-car", "gun", "leopard", "lion", "motorcycle", "mower", "pig", "sheep", "tiger", "truck",
        "tuba", "wolf",
    }  # fmt: skip


def test_texts(table, by_split):
    assert not any(r.text != r.text.strip() for r in table.references)
    words = {s.value: sum(len(r.text.split()) for r in rows) / len(rows) for s, rows in by_split.items()}
    assert words == pytest.approx(
        {"train": 8.36, "val": 8.46, "test_s": 8.17, "test_u": 6.64, "test_n": 6.62}, abs=5e-3
    )
    assert max(len(r.text.split()) for r in table.references) == 22


def test_no_clip_is_both_learnt_and_judged(by_split):
    learnt = {r.folder for r in by_split[Split.train]}
    judged = {r.folder for s in Split if s is not Split.train for r in by_split[s]}
    assert not learnt & judged
