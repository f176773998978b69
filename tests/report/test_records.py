"""Evaluation records survive a kill and read back as they were."""

import numpy as np
import pytest

from tgs.errors import DataError
from tgs.report.records import EvalFolder


def test_a_clip_reads_back_to_the_last_bit(tmp_path):
    folder = EvalFolder(tmp_path)
    curve = np.random.default_rng(0).random(255)
    rows = [{"uid": "a", "row": 7, "J": 1 / 3}]
    folder.write_clip("clip", rows, {7: curve})
    found, curves = folder.read_clip("clip")
    assert found == rows
    np.testing.assert_array_equal(curves[7], curve)
    assert sorted(path.name for path in (tmp_path / "clips").iterdir()) == ["clip.json", "clip.npz"]


def test_a_clip_without_its_json_is_not_done(tmp_path):
    folder = EvalFolder(tmp_path)
    folder.write_clip("clip", [], {})
    (tmp_path / "clips" / "clip.json").unlink()
    assert not folder.has_clip("clip")


def test_a_damaged_record_is_named(tmp_path):
    folder = EvalFolder(tmp_path)
    folder.write_clip("clip", [], {})
    (tmp_path / "clips" / "clip.npz").write_bytes(b"PK damaged")
    with pytest.raises(DataError, match=r"clip\.json/\.npz.*Delete both"):
        folder.read_clip("clip")


def test_the_record_is_in_csv_order_and_the_summary_marks_the_end(tmp_path):
    folder = EvalFolder(tmp_path)
    with pytest.raises(DataError, match="has not finished"):
        folder.summary()
    folder.finish([{"row": 2}, {"row": 0}], {"numbers": {}})
    assert (tmp_path / "references.jsonl").read_text() == '{"row": 0}\n{"row": 2}\n'
    assert folder.summary() == {"numbers": {}}
