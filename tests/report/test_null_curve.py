"""The null curve of records against evaluations that really turn the same references down."""

import numpy as np
import pytest

from tgs.data.benchmark import ClipWork
from tgs.errors import DataError
from tgs.lit.evaluate import Evaluate
from tgs.metrics.protocols import protocol
from tgs.pipeline.agent import Outcome
from tgs.pipeline.grounded import Grounded, no_boxes
from tgs.pipeline.recall import Recall
from tgs.pipeline.scored import Scorer
from tgs.report.null_curve import By, is_rejected, main, null_curve, of_folder
from tgs.report.records import EvalFolder, eval_folder
from tgs.report.results import read
from tgs.report.summarise import summarise
from tgs.types import Clip, DecidedBy, Footage, Masks, Measure, Reference, Split, Thought, ThoughtStatus, Truth

SIZE = (2, 24, 32)
SPLITS = [*[Split.test_s] * 6, *[Split.test_u] * 3, *[Split.test_n] * 5]
SURE = np.random.default_rng(1).permutation(len(SPLITS)) / 20  # 0, 0.05, ... of the references
DOUBT = np.random.default_rng(2).permutation(len(SPLITS)) / 20


def reference(row):
    category = "null" if SPLITS[row] is Split.test_n else "dog"
    return Reference(row, f"v{row}_0_10000_{category}_1", f"v{row}_0_10000", SPLITS[row], 0, category, "It.")


REFERENCES = [reference(row) for row in range(len(SPLITS))]


class StandInAgent:
    """Made-up maps; those of whom it is not sure enough become empty, as a real agent's would."""

    stages = ()

    def __init__(self, reject, doubt):
        self.reject, self.doubt = reject, doubt

    def think(self, shown, references):
        return [[None] * len(own) for own in references]

    def aim(self, footage, references, truths, thoughts):
        (asked,) = references
        sure, doubt = float(SURE[asked.row]), float(DOUBT[asked.row])
        thought = Thought(ThoughtStatus.ok, "", "a dog", "dog", False, "", doubt=doubt)
        found = Grounded("dog", no_boxes(SIZE[0]), (sure,) * SIZE[0], DecidedBy.simple, sure)
        return [Outcome(asked, thought, found)]

    def outline(self, footage, outcomes):
        (row,) = [outcome.reference.row for outcome in outcomes]
        soft = np.random.default_rng(row).integers(0, 256, SIZE, np.uint8)
        return [Masks(np.zeros_like(soft) if SURE[row] < self.reject or DOUBT[row] > self.doubt else soft)]


def evaluated(where, name, reject=0.0, doubt=1.0) -> EvalFolder:
    folder = eval_folder(where, "made", f"simple-{name}", f"{reject}-{doubt}")
    module = Evaluate(
        agent=StandInAgent(reject, doubt), scorer=Scorer(protocol(name), "", str, Recall()), folder=folder
    )
    for one in REFERENCES:
        truth = np.zeros(SIZE, bool)
        if not one.is_null:
            truth[:, 4 : 10 + one.row, 6:20] = True
            truth[0] = one.row % 3 > 0 and truth[0]  # some are out of view on the first frame
        clip = Clip(one.folder, np.zeros((*SIZE, 3), np.uint8), np.zeros(16, np.float32))
        module.predict_step([ClipWork(Footage.of(clip), (one,), (Truth.of(truth),), Footage.of(clip))], 0)
    origin = {
        "benchmark": "made", "policy": "simple", "protocol": name, "scale": "tiny", "checkpoint": None,
        "thresholds": {"box": 0.1, "text": 0.25, "choice": "best", "reject": reject, "doubt": doubt},
    }  # fmt: skip
    summarise(folder, protocol(name), REFERENCES, REFERENCES, origin, {})
    return folder


def curve(folder, by, thresholds):
    found = read(folder.path)
    return null_curve(found.protocol, found.scores, folder.references(), by, thresholds)


@pytest.mark.parametrize("name", ["tgs", "refavs"])
def test_every_point_equals_an_evaluation_with_that_threshold(tmp_path, name):
    free = evaluated(tmp_path, name)
    for by, thresholds in ((By.reject, (0.0, 0.26, 0.5)), (By.doubt, (1.0, 0.41, 0.12))):
        for point in curve(free, by, thresholds):
            numbers = evaluated(tmp_path, name, **{str(by): point.threshold}).summary()["numbers"]
            assert point.numbers[Measure.seen] == pytest.approx(numbers["seen"]["JF"], abs=1e-12)
            assert point.numbers[Measure.unseen] == pytest.approx(numbers["unseen"]["JF"], abs=1e-12)
            assert point.numbers[Measure.null_s] == pytest.approx(numbers["null_s"], abs=1e-12)
            assert point.rejected == np.mean(point.threshold > SURE if by is By.reject else point.threshold < DOUBT)


def test_the_ends_of_the_curve_are_what_was_measured_and_nothing_at_all(tmp_path):
    first, last = curve(evaluated(tmp_path, "tgs"), By.reject, [0.0, 1.0])
    assert (first.rejected, last.rejected) == (0, 1)
    assert first.numbers[Measure.null_s] > 0.5
    assert last.numbers[Measure.null_s] == 0
    assert 0 < last.numbers[Measure.seen] < first.numbers[Measure.seen]  # frames out of view are right when empty


def record(**changes):
    thought = {"status": "ok", "is_null": False, "doubt": 0.4}
    return {"clip_score": 0.5, "thought": {**thought, **changes}}


@pytest.mark.parametrize(
    ("one", "by", "threshold", "is_it"),
    [
        (record(), By.reject, 0.5, False),
        (record(), By.reject, 0.51, True),
        ({**record(), "clip_score": None}, By.reject, 1.0, False),  # the detector was not asked
        (record(), By.doubt, 0.4, False),
        (record(), By.doubt, 0.39, True),
        (record(is_null=True), By.doubt, 0.0, False),
        (record(status="cut"), By.doubt, 0.0, False),
        (record(doubt=None), By.doubt, 0.0, False),
        ({**record(), "thought": None}, By.doubt, 0.0, False),
    ],
)
def test_who_is_turned_down(one, by, threshold, is_it):
    assert is_rejected(one, by, threshold) is is_it


def test_the_command_prints_a_line_per_threshold_and_writes_markdown(tmp_path, capsys):
    folder, page = evaluated(tmp_path, "tgs").path, tmp_path / "curve.md"
    main([str(folder), "--by", "reject", "--thresholds", "0", "1", "--markdown", str(page)])
    assert "made, prompt simple, thresholds.reject" in capsys.readouterr().out
    lines = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    assert lines[0] == "| reject | Null S | Seen J&F | Unseen J&F | rejected |"
    assert lines[2].startswith("| 1 | 0.000 | ")
    assert lines[2].endswith(" | 100.0 |")
    with pytest.raises(SystemExit):
        main([str(tmp_path / "nowhere")])
    assert "has not finished" in capsys.readouterr().err


def test_an_evaluation_that_turned_references_down_itself_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"ran with thresholds\.reject=0\.3: .*thresholds\.reject=0 "):
        of_folder(evaluated(tmp_path, "tgs", reject=0.3).path, By.doubt, [0.5])


def test_records_of_before_are_refused(tmp_path):
    folder = evaluated(tmp_path, "tgs")
    rows = [{key: value for key, value in row.items() if key != "if_rejected"} for row in folder.references()]
    folder.finish(rows, folder.summary())
    with pytest.raises(DataError, match="Evaluate again with overwrite=true"):
        of_folder(folder.path, By.reject, [0.5])
