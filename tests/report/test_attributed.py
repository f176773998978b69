"""What the page says of labels; whole pages are in tests/e2e/test_attribute_and_compare.py."""

import numpy as np

from tgs.report.attributed import Attributed, worst
from tgs.report.attribution import Fault, Label
from tgs.report.results import read
from tgs.report.swap import Swap


def test_the_most_frequent_failure_of_equals_the_first():
    ok, name, box = Label.ok, Label.wrong_name, Label.wrong_box
    assert worst([ok, ok, ok, box, box, name]) == "wrong_box (2)"
    assert worst([box, name, ok]) == "wrong_name (1)"
    assert worst([ok]) == "-"


def test_losses_by_label_are_parts_of_the_mean(write):
    run = read(write("run", seen=[0.2, 0.6, 0.9, 0.9], null=[0.1, 0.0]))
    loss_K3 = np.array([[0.5, 0.2, 0.1], [0.1, 0, 0.3], [0, 0, 0.1], [0, 0, 0.1], [0.1, 0, 0], [0, 0, 0]])
    faults = [Fault(label) for label in (Label.wrong_name, Label.parse, Label.ok, Label.ok, Label.missed_null)]
    grid = Attributed(Swap(run, run, run), [*faults, Fault(Label.ok, Label.missed_null)], loss_K3).labels()
    assert [list(row) for row in grid.rows] == [
        ["Seen J&F", "ok", "2", "50.0", "5.0", "0.0", "0.0", "5.0"],
        ["Seen J&F", "parse", "1", "25.0", "10.0", "2.5", "0.0", "7.5"],
        ["Seen J&F", "wrong_name", "1", "25.0", "20.0", "12.5", "5.0", "2.5"],
        ["Seen J&F", "all", "4", "100.0", "35.0", "15.0", "5.0", "15.0"],
        ["Null S", "ok", "1", "50.0", "0.000", "0.000", "0.000", "0.000"],
        ["Null S", "missed_null", "1", "50.0", "0.050", "0.050", "0.000", "0.000"],
        ["Null S", "all", "2", "100.0", "0.050", "0.050", "0.000", "0.000"],
    ]
    assert grid.notes[-1] == "Right, and counted as ok, although a stage failed: missed_null 1."
