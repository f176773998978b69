"""A run below its gate is kept, and the command fails."""

import pytest

from tgs.errors import ConfigError, GateError
from tgs.lit.gate import Gate, hold_to
from tgs.lit.run_folder import RunFolder


def finished(folder, **scores: float) -> RunFolder:
    run = RunFolder(folder)
    run.finish({f"val/{name}": value for name, value in scores.items()}, steps=1, seconds=1.0, cpu_seconds=1.0)
    return run


@pytest.mark.parametrize(
    ("bound", "value", "passed"),
    [
        ({"at_least": 0.9}, 0.9, True),
        ({"at_least": 0.9}, 0.89, False),
        ({"at_most": 0.3}, 0.3, True),
        ({"at_most": 0.3}, 0.31, False),
        ({"at_least": 0.9}, float("nan"), False),
        ({"at_most": 0.3}, float("nan"), False),
    ],
)
def test_the_bound_itself_passes(bound, value, passed):
    assert Gate("val/a", **bound).judge({"val/a": value})["passed"] is passed


@pytest.mark.parametrize("bounds", [{}, {"at_least": 0.1, "at_most": 0.2}])
def test_a_gate_has_one_bound(bounds):
    with pytest.raises(ConfigError, match=r"give one of gate\.at_least and gate\.at_most"):
        Gate("val/a", **bounds)


def test_a_run_above_its_gate_says_so_in_its_summary(tmp_path):
    run = finished(tmp_path, a=0.95)
    hold_to(Gate("val/a", at_least=0.9), run)
    assert run.summary()["gate"] == {"score": "val/a", "wanted": "at least 0.9", "reached": 0.95, "passed": True}


def test_a_run_below_its_gate_is_an_error_and_stays(tmp_path):
    run = finished(tmp_path, a=0.5)
    with pytest.raises(GateError, match=r"val/a is 0\.5, the gate wants at least 0\.9\. The run .* kept"):
        hold_to(Gate("val/a", at_least=0.9), run)
    assert run.summary()["gate"]["passed"] is False
    assert run.done


def test_a_gate_that_was_moved_is_judged_anew(tmp_path):
    run = finished(tmp_path, a=0.5)
    with pytest.raises(GateError):
        hold_to(Gate("val/a", at_least=0.9), run)
    hold_to(Gate("val/a", at_least=0.4), run)
    assert run.summary()["gate"]["passed"] is True


def test_without_enforcement_the_run_goes_on_and_says_so(tmp_path, caplog):
    run = finished(tmp_path, a=0.5)
    hold_to(Gate("val/a", at_least=0.9, enforce=False), run)
    assert "NOT passed; going on regardless" in caplog.text
    assert run.summary()["gate"]["passed"] is False


def test_an_unknown_score_lists_those_that_are_given(tmp_path):
    run = finished(tmp_path, map=0.5, level=0.7)
    with pytest.raises(ConfigError, match=r"gate\.score=val/mpa: validation gives val/level, val/map\."):
        hold_to(Gate("val/mpa", at_least=0.9), run)
