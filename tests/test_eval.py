"""From an evaluation's settings to its agent and its origin: every quirk reaches the stage that it is about."""

import functools
import os

import pytest
from hydra import compose, initialize_config_dir

from tgs.config.compose import CONF, register, typed
from tgs.config.eval import EvalConfig, StoreConfig
from tgs.data.files import BenchmarkFiles
from tgs.errors import WeightsError
from tgs.eval import keep_small, origin_of
from tgs.ground.select import Choice
from tgs.pipeline.build import build_agent
from tgs.pipeline.description import TextRule
from tgs.pipeline.recall import Recall
from tgs.pipeline.store import Store
from tgs.segment.sam2 import Sam2
from tgs.segment.view import Viewed
from tgs.types import NullIn, Padding, Reading, Tracking, Unparsed, Wording

register(EvalConfig)


@functools.cache
def composed(*overrides):
    with initialize_config_dir(CONF, version_base="1.3"):
        return typed(compose("eval", ["checkpoint=null", *overrides]), EvalConfig)


def test_without_quirks_nothing_stands_between_frames_and_segmenter():
    agent = build_agent(composed(), Recall())
    assert isinstance(agent.segmenter.model, Sam2)
    assert agent.apart
    assert (agent.choice, agent.texts) == (Choice.best, TextRule())
    thinker = agent.thinker.model
    assert (thinker.wording, thinker.padding, thinker.reading) == (Wording.train, Padding.masked, Reading.strict)
    assert (thinker.batch_rows, thinker.max_new_tokens) == (32, 200)


def test_all_quirks_reach_their_stages():
    agent = build_agent(composed("quirk=all"), Recall())
    segmenter = agent.segmenter.model
    assert isinstance(segmenter, Viewed)
    assert (segmenter.swap_channels, segmenter.size_px) == (True, 224)
    assert not agent.apart
    assert (agent.choice, agent.texts) == (Choice.first, TextRule(Unparsed.error, NullIn.test_n, extra_dot=True))
    thinker = agent.thinker.model
    assert (thinker.wording, thinker.padding, thinker.reading) == (Wording.test, Padding.unmasked, Reading.by_tag)
    assert (thinker.batch_rows, thinker.max_new_tokens) == (8, 256)


@pytest.mark.parametrize(("override", "swapped", "size_px"), [
    ("segmenting.swap_channels=true", True, None), ("segmenting.size_px=64", False, 64),
])  # fmt: skip
def test_one_of_two_views_is_enough(override, swapped, size_px):
    segmenter = build_agent(composed("prompt=box", override), Recall()).segmenter.model
    assert (segmenter.swap_channels, segmenter.size_px) == (swapped, size_px)


def test_a_mode_reaches_the_segmenter_and_says_how_masks_are_kept():
    assert not build_agent(composed("prompt=box"), Recall()).tracks
    for mode in (Tracking.video, Tracking.video_filled):
        agent = build_agent(composed("prompt=box", f"segmenter.mode={mode}"), Recall())
        assert agent.tracks
        assert agent.segmenter.model.mode is mode


@pytest.mark.parametrize(("override", "changed"), [
    ("thresholds.box=0.3", set()), ("prompt=fine", set()), ("protocol=strict", set()), ("asking.batch_rows=3", set()),
    ("+segmenter.batch_boxes=3", set()), ("overlays=2", set()), ("trainer=cpu", set()),
    ("asking.wording=test", {"thinker"}), ("thinker.max_new_tokens=64", {"thinker"}),
    ("+grounder.floor=0.07", {"grounder"}),
    ("segmenting.size_px=64", {"segmenter"}), ("segmenter.mode=video", {"segmenter"}),
    ("trainer.precision=bf16-mixed", {"thinker", "grounder", "segmenter"}),
])  # fmt: skip
def test_a_stage_is_another_where_a_setting_matters_to_it_and_only_there(tmp_path, override, changed):
    def identities(*overrides):
        agent = build_agent(composed(*overrides), Recall(Store(tmp_path)))
        return {name: getattr(agent, name).identity for name in ("thinker", "grounder", "segmenter")}

    before, after = identities(), identities(override)
    assert {name for name in before if before[name] != after[name]} == changed


def test_a_store_beyond_its_budget_loses_what_was_used_longest_ago(tmp_path):
    store = Store(tmp_path)
    seen = set()
    for age_s, name in ((300, "old"), (200, "older than new"), (100, "new")):
        store.write("numbers", name, "x" * 100_000)
        (file,) = {*tmp_path.glob("numbers/*/*.json")} - seen
        os.utime(file, (1e8 - age_s, 1e8 - age_s))
        seen.add(file)
    keep_small(StoreConfig(str(tmp_path), budget_gb=None))
    keep_small(StoreConfig(str(tmp_path / "none"), budget_gb=0))
    keep_small(StoreConfig(str(tmp_path), budget_gb=0.00025))  # two of them and a half
    assert [store.read("numbers", name) is not None for name in ("old", "older than new", "new")] == [False, True, True]


def test_an_origin_names_the_quirk_and_what_it_sets(tmp_path):
    (tmp_path / "metadata.csv").write_text("vid,uid,split,fid,exp\n")
    files = BenchmarkFiles(name="b", csv=tmp_path / "metadata.csv", media=tmp_path / "media", masks=tmp_path / "gt")
    plain, quirky, raw = (origin_of(composed(*o), files) for o in ([], ["quirk=all"], ["prompt=raw", "quirk=all"]))
    assert (plain["quirk"], plain["one_per_uid"], plain["segmenting"]["size_px"]) == ("none", False, None)
    assert (quirky["quirk"], quirky["one_per_uid"], quirky["segmenting"]["size_px"]) == ("all", True, 224)
    assert quirky["asking"] == {"wording": "test", "padding": "unmasked", "batch_rows": 8, "reading": "by_tag"}
    assert raw["asking"] is None  # nobody is asked


def test_a_checkpoint_that_is_not_there_is_refused_by_whoever_would_ask_it(tmp_path):
    (tmp_path / "metadata.csv").write_text("vid,uid,split,fid,exp\n")
    files = BenchmarkFiles(name="b", csv=tmp_path / "metadata.csv", media=tmp_path / "media", masks=tmp_path / "gt")
    nowhere = f"checkpoint={tmp_path / 'nowhere'}"
    with pytest.raises(WeightsError, match=r"nowhere: no such folder, or an empty one.*experiment=phase2_lora"):
        origin_of(composed(nowhere), files)
    assert origin_of(composed("prompt=raw", nowhere), files)["checkpoint"] is None
