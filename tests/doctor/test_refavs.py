"""The known dirt of Ref-AVSBench's real metadata.csv, where a copy of it lies beside the repository."""

from collections import Counter
from pathlib import Path

import pytest

from tgs.doctor.finding import Severity
from tgs.doctor.rows import examine_sheet, read_sheet

CSV = Path(__file__).parents[3] / "shared" / "data" / "refavs" / "metadata.csv"

pytestmark = pytest.mark.skipif(
    not CSV.is_file(), reason="needs Ref-AVSBench's metadata.csv at ../shared/data/refavs beside the repository"
)


@pytest.fixture(scope="module")
def chart():
    return examine_sheet(read_sheet(CSV))


def test_dirt(chart):
    assert Counter(finding.kind.name for finding in chart.findings) == {
        "todo_row": 25, "duplicate_uid": 11, "several_categories": 38,
    }  # fmt: skip
    assert all(finding.kind.severity is Severity.warning for finding in chart.findings)


def test_a_finding_names_its_rows(chart):
    (saw,) = [finding for finding in chart.findings if "saw_4" in finding.what]
    assert saw.where == "metadata.csv, row 19088"
    assert "row 15288 asks for fid 4 as 'The muted saw.'" in saw.what


def test_counts(chart):
    """As tests/data/test_refavs_csv.py counts them; uids and categories of Ref-AVSBench in all."""
    split = chart.facts.pop("split")
    assert chart.facts == {
        "rows": 20459, "todo rows": 25, "duplicate uids": 11, "objects of several categories": 38,
    }  # fmt: skip
    assert split["test_s"] == {
        "rows": 2288, "uids": 2287, "clips": 273, "objects": 494, "categories": 34, "null rows": 0,
    }  # fmt: skip
    assert split["test_n"] == {
        "rows": 1028, "uids": 1028, "clips": 257, "objects": 257, "categories": 0, "null rows": 1028,
    }  # fmt: skip
    assert [numbers["objects"] for numbers in split.values()] == [6133, 582, 494, 337, 257, 7803]
    assert (split["all"]["rows"], split["all"]["categories"], split["all"]["null rows"]) == (20434, 51, 1708)
