"""`python -m tgs.doctor` as a user runs it: table, json, exit code."""

import json
import subprocess
import sys

CODE = "import sys, tgs.doctor.__main__; assert not {'torch', 'PIL', 'soundfile', 'rich'} & set(sys.modules)"


def doctor(copy, *arguments: str) -> subprocess.CompletedProcess:
    places = [f"paths.stickers={copy.root}", "benchmark.instructions=null", "paths.runs=runs"]
    command = [sys.executable, "-m", "tgs.doctor", *places, "check=[csv,clips]", *arguments]
    return subprocess.run(command, cwd=copy.root.parent, capture_output=True, text=True, timeout=100)


def test_errors_are_printed_written_and_told_by_the_exit_code(copy):
    done = doctor(copy, "workers=1")
    assert done.returncode == 0, done.stderr
    assert "stickers: 0 errors, 0 warnings, 0 notes" in done.stdout
    (copy.files.media / "b_0_10000" / "frames" / "4.jpg").unlink()
    copy.edit_csv("cat_2,test_s", "cat_2,TODO")
    done = doctor(copy, "output=found.json")
    assert done.returncode == 1
    assert "missing_frame" in done.stdout
    assert "DiagnosisError: 1 error, 1 warning, 0 notes: the table above" in done.stderr
    assert "Traceback" not in done.stderr
    found = json.loads((copy.root.parent / "found.json").read_text())
    assert found["counts"] == {"error": 1, "warning": 1, "note": 0}
    assert found["checked"] == ["csv", "clips"]
    assert found["facts"]["clips"] == {"clips": 3, "of these seen before": 2}
    assert found["facts"]["csv"]["split"]["train"]["objects"] == 2
    assert found["findings"] == [
        {"kind": "todo_row", "severity": "warning", "where": "metadata.csv, row 3", "what": "b_0_10000_cat_2"},
        {"kind": "missing_frame", "severity": "error", "where": "media/b_0_10000/frames/4.jpg",
         "what": "does not exist"},
    ]  # fmt: skip


def test_help_answers_without_heavy_packages(copy):
    subprocess.run([sys.executable, "-c", CODE], check=True)
