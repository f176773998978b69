"""Which evaluations stand beside a run: found, given, refused, or asked for by their command."""

import shlex

import pytest
from hydra import compose, initialize_config_dir

from tgs.config.compose import CONF, register
from tgs.config.eval import EvalConfig
from tgs.errors import ConfigError, DataError
from tgs.report.oracles import command, differences, swap_of
from tgs.report.records import EvalFolder
from tgs.report.results import read
from tgs.types import Policy

register(EvalConfig)
SEEN = [0.2, 0.6]


@pytest.fixture
def run(write):
    return write("run", seen=SEEN, control="audio_shuffled")  # a control is of the thinker, whom no oracle asks


def test_oracles_are_found_beside_the_run(write, run):
    write("name", seen=[0.7, 0.8], policy="category", checkpoint=None)
    write("box", seen=[0.9, 1.0], policy="box")
    write("name_of_another_protocol", seen=SEEN, policy="category", protocol="refavs")
    write("box_of_another_benchmark", seen=SEEN, policy="box", benchmark_digest="bb")
    (run.parent / "unfinished").mkdir()
    swap = swap_of(run)
    assert [[score.J for score in one.scores] for one in (swap.run, swap.name, swap.box)] == [
        SEEN, [0.7, 0.8], [0.9, 1.0],
    ]  # fmt: skip


def test_a_partial_run_takes_its_references_from_whole_oracles(write):
    run = write("run", unseen=[], seen=[0.2], missing=2)
    write("name", seen=[0.7, 0.8], policy="category")
    write("box", seen=[0.9, 1.0], policy="box")
    swap = swap_of(run)
    assert [score.J for score in swap.name.scores] == [0.7]
    assert swap.box.records[0]["uid"] == "test_sclip0_dog_0"


def test_a_run_with_the_true_name_is_its_own_first_oracle(write):
    run = write("name", seen=SEEN, policy="category")
    write("box", seen=[0.9, 1.0], policy="box")
    assert (swap_of(run).losses()[:, 0] == 0).all()


def test_a_missing_oracle_is_asked_for_by_its_command(write, run):
    write("name", seen=SEEN[:1], policy="category")  # does not cover the run
    with pytest.raises(
        ConfigError, match=r"prompt=category of the same references.*\n.*python -m tgs\.eval prompt=cat"
    ):
        swap_of(run)
    with pytest.raises(ConfigError, match=r"prompt=box benchmark=stickers scale=tiny protocol=tgs .*\n.*--box"):
        swap_of(run, name=write("name2", seen=SEEN, policy="category"))


def test_two_that_would_do_are_a_question(write, run):
    for name in ("one", "two"):
        write(name, seen=SEEN, policy="category", settings=name)
    with pytest.raises(ConfigError, match=r"one and .*two would both do\. Choose by --name"):
        swap_of(run)


def test_a_given_oracle_is_checked(write, run):
    raw = write("raw", seen=SEEN, policy="raw", thresholds={"box": 0.2, "choice": "best"})
    with pytest.raises(DataError, match=r"policy is raw, not category, thresholds\.box is 0\.2, not 0\.1\. Make it by"):
        swap_of(run, name=raw)
    few = write("few", seen=SEEN[:1], policy="category")
    with pytest.raises(DataError, match=r"few lacks 1 of 2 references of the run, the first is test_sclip1_dog_1"):
        swap_of(run, name=few)


def test_thresholds_matter_only_where_the_detector_is_asked():
    ours, theirs = ({"policy": policy, "thresholds": {"box": box}} for policy, box in (("simple", 0.1), ("box", 0.2)))
    assert differences(ours, theirs, Policy.box) == ""
    assert differences(ours, {**theirs, "policy": "category"}, Policy.category) == "thresholds.box is 0.2, not 0.1"


def test_an_oracle_follows_objects_as_the_run_does(write):
    run = write("run", seen=SEEN, policy="box", segmenter={"mode": "video"})
    ours, theirs = {"segmenter": {"mode": "video"}}, {"policy": "box", "segmenter": {"mode": "image"}}
    assert differences(ours, theirs, Policy.box) == "segmenter.mode is image, not video"
    assert "segmenter.mode=video" in shlex.split(command(run, read(run), Policy.category))
    for mode in ({}, {"segmenter": {"mode": "image"}}):
        plain = write("plain", seen=SEEN, **mode)
        assert "segmenter" not in command(plain, read(plain), Policy.box)


def test_the_last_oracle_and_records_of_before_are_refused(write, run):
    with pytest.raises(ConfigError, match="has the true boxes: all that it loses is Segment's"):
        swap_of(write("box", seen=SEEN, policy="box"))
    folder = EvalFolder(run)
    rows = [{key: value for key, value in row.items() if key != "truth"} for row in folder.references()]
    folder.finish(rows, folder.summary())
    with pytest.raises(DataError, match=r"does not say where the objects are\. Evaluate again with overwrite=true"):
        swap_of(run)


def test_the_command_composes_to_the_oracle(write):
    thresholds = {"box": 0.2, "text": 0.25, "choice": "first", "max_boxes": 5, "reject": 0.0, "doubt": 0.5}
    run = write("run", val=SEEN, thresholds=thresholds, protocol="refavs", benchmark="stickers_r2")
    words = shlex.split(command(run, read(run), Policy.category))
    assert words[:3] == ["python", "-m", "tgs.eval"]
    with initialize_config_dir(CONF, version_base="1.3"):
        cfg = compose("eval", words[3:])
    assert (cfg.prompt.policy, cfg.benchmark.name, cfg.protocol.name) == (Policy.category, "stickers_r2", "refavs")
    assert (cfg.thresholds.box, cfg.thresholds.choice, cfg.thresholds.doubt) == (0.2, "first", 1.0)
    assert (list(cfg.splits), cfg.paths.runs) == (["val"], str(run.parent.parent))
    assert "thresholds" not in command(run, read(run), Policy.box)
