"""The training command ends with an error below its gate, also where the run is finished already."""

import os
import subprocess
import sys

from tgs.lit.run_folder import RunFolder

EXPERIMENT = "zoo_segmenter"


def trained(runs, *overrides: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tgs.train", f"+experiment={EXPERIMENT}", f"paths.runs={runs}", *overrides]
    return subprocess.run(
        command, cwd=runs, capture_output=True, text=True, env={**os.environ, "COLUMNS": "160"}, timeout=110
    )


def test_a_finished_run_below_its_gate_fails_until_it_is_let_pass(finished, tmp_path):
    run = finished(EXPERIMENT)
    run.note(scores={"val/miou": 0.5})
    below = trained(tmp_path / "runs")
    assert below.returncode == 1
    assert "GateError: " in below.stderr
    assert "val/miou is 0.5, the gate wants at least" in below.stderr
    assert run.summary()["gate"]["passed"] is False
    assert run.export.is_dir()
    regardless = trained(tmp_path / "runs", "gate.enforce=false")
    assert regardless.returncode == 0
    assert "NOT passed; going on regardless" in regardless.stderr
    assert RunFolder(run.path).summary()["gate"]["passed"] is False
