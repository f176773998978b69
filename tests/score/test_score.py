"""The command that scores masks of any system, on masks whose scores are known by hand."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tgs.data.media import write_masks

CSV = """vid,uid,split,fid,exp
a,a_0_10000_dog_1,test_s,1,The dog.
a,a_0_10000_dog_2,test_s,1,The dog on the left.
b,b_0_10000_lion_1,test_u,1,The lion.
a,null_m-a_0_10000_null_1,test_n,0,The cat
"""
UIDS = [line.split(",")[1] for line in CSV.splitlines()[1:]]


def square(left):
    """4 x 4 of 8 x 8 pixels on every frame."""
    masks = np.zeros((10, 8, 8), bool)
    masks[:, 2:6, left : left + 4] = True
    return masks


@pytest.fixture
def work(tmp_path):
    """A benchmark without any media; predictions: exact, shifted by two, exact, a quarter of every frame."""
    (tmp_path / "metadata.csv").write_text(CSV)
    for folder in ("a_0_10000", "b_0_10000"):
        write_masks(tmp_path / "gt_mask", folder, 1, square(2))
    for uid, left in zip(UIDS, (2, 4, 2, 0), strict=True):
        target = tmp_path / "masks" / uid
        target.mkdir(parents=True)
        for index, mask_HW in enumerate(square(left)):
            Image.fromarray(mask_HW.astype(np.uint8) * 255).save(target / f"{index:05d}.png")
    return tmp_path


@pytest.fixture
def score(begin, work):
    """score(*words) -> what the command prints."""

    def score(*words, fails=False):
        told = begin("score", "benchmark=ref_avsbench", f"paths.ref_avsbench={work}", *words, where=work).ended()
        assert bool(told.code) == fails, told.out + told.err
        return told.out + told.err

    return score


def test_numbers_by_hand_under_the_strict_protocol(work):
    """Shifted by two: 8 of 24 pixels in common, precision and recall a half."""
    places = ["benchmark=ref_avsbench", f"paths.ref_avsbench={work}", "predictions=masks", "output=out.json"]
    command = [sys.executable, "-m", "tgs.score", *places, "protocol=strict", "workers=2"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert "PARTIAL" not in told
    out = json.loads((work / "out.json").read_text())
    assert out["aggregate"]["seen"]["J"] == pytest.approx((1 + 1 / 3) / 2)
    assert out["aggregate"]["seen"]["F"] == pytest.approx(0.75)
    assert out["aggregate"]["seen"]["JF"] == pytest.approx((2 / 3 + 0.75) / 2)
    assert out["aggregate"]["unseen"]["JF"] == out["aggregate"]["unseen"]["J"] == 1
    assert out["aggregate"]["mix"]["JF"] == pytest.approx(((2 / 3 + 0.75) / 2 + 1) / 2)
    assert out["aggregate"]["null"] == {"S": 0.5}
    splits = ["test_s", "test_s", "test_u", "test_n"]
    found = [(entry["uid"], entry["row"], entry["split"]) for entry in out["references"]]
    assert found == list(zip(UIDS, range(4), splits, strict=True))
    assert out["references"][1]["J"] == pytest.approx(1 / 3)
    assert "S" not in out["references"][1]
    assert out["references"][3] == {"uid": UIDS[3], "row": 3, "split": "test_n", "S": 0.5}
    assert (out["scored"], out["expected"], out["partial"], out["protocol"]) == (4, 4, False, "strict@1")
    assert out["intervals"]["null"]["S"] is None  # one clip tells none


def test_all_protocols_in_one_table_and_the_article_s_by_hand(work, score):
    told = score("predictions=masks", "protocol=all", "workers=1")
    rows = {line.split("│")[3].strip(): line for line in told.splitlines() if "given masks" in line}
    assert list(rows) == ["tgs", "refavs", "simtoken", "article", "strict"]
    assert "0.250" in rows["article"]  # no root of the quarter
    assert "0.500" in rows["strict"]


def test_a_missing_row_is_no_headline(work, score):
    (work / "masks" / UIDS[1]).rename(work / "elsewhere")
    told = score("predictions=masks", "workers=1", fails=True)
    assert f"1 of 4 references have no masks; the first one is {UIDS[1]}" in told
    assert "Traceback" not in told
    told = score("predictions=masks", "allow_partial=true", "output=out.json", "protocol=strict", "workers=1")
    assert "3 of 4" in told
    assert "PARTIAL" in told
    out = json.loads((work / "out.json").read_text())
    assert (out["scored"], out["expected"], out["partial"]) == (3, 4, True)
    assert out["aggregate"]["seen"]["J"] == 1


def test_changed_masks_are_scored_anew_and_unchanged_ones_are_not(work, score):
    score("predictions=masks", "protocol=strict", "workers=1")
    kept = {path: path.stat().st_mtime_ns for path in work.glob("runs/eval/*/clips/*.json")}
    assert len(kept) == 3
    score("predictions=masks", "protocol=strict", "workers=1")
    assert {path: path.stat().st_mtime_ns for path in work.glob("runs/eval/*/clips/*.json")} == kept
    Image.new("L", (8, 8)).save(work / "masks" / UIDS[0] / "00000.png")
    score("predictions=masks", "protocol=strict", "workers=1", "output=out.json")
    out = json.loads((work / "out.json").read_text())
    assert out["references"][0]["J"] == pytest.approx(0.9)


def test_one_file_is_of_one_protocol(work, score):
    told = score("predictions=masks", "protocol=all", "output=out.json", fails=True)
    assert "output=out.json holds the numbers of one protocol" in told


def test_it_must_be_told_which_masks(work, score):
    assert "no value for predictions" in score(fails=True)
