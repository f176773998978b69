"""What the thinker gets under a control, and that detector and segmenter get none of it."""

import numpy as np
import pytest

from tgs.data.benchmark import BenchmarkData
from tgs.data.control import Controlled, derangement
from tgs.data.media import video_of
from tgs.errors import ConfigError
from tgs.types import Control, Reference, Split

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.* is deprecated:FutureWarning"),  # lightning 2.6 on torch 2.13
]
MANY = [f"v{i:02d}_0_10000" for i in range(30)] + [f"null_{c}-v0{i}_0_10000" for i in range(4) for c in "cm"]


@pytest.fixture
def three(maker):
    """Three clips of one split and one of another, told apart by size and by loudness."""
    maker.csv(
        "vid,uid,split,fid,exp\n"
        "a,a_0_10000_dog_1,test_s,1,The dog.\nb,b_0_10000_cat_1,test_s,1,The cat.\n"
        "b,b_0_10000_cat_2,test_s,1,It.\nc,c_0_10000_cow_1,test_s,1,The cow.\nd,d_0_10000_pig_1,test_u,1,The pig.\n"
    )
    for width, letter in enumerate("abcd", 16):
        maker.frames(f"{letter}_0_10000", size=(12, width))
        maker.wave(maker.files.media / f"{letter}_0_10000" / "audio.wav", np.full(1600, width / 100))
        maker.masks(f"{letter}_0_10000", 1, size=(12, width))
    return maker


def works(maker, **settings):
    data = BenchmarkData(files=maker.files, **{"splits": [Split.test_s], **settings})
    data.setup()
    return {work.footage.vid[0]: work for batch in data.predict_dataloader() for work in batch}


def seen(work) -> int:
    return work.shown.clip.frames_NHWC.shape[2]


def heard(work) -> int:
    return round(float(work.shown.clip.wave_S.mean()) * 100)


OWN = {"a": 16, "b": 17, "c": 18}


def test_without_a_control_the_thinker_gets_the_clip_itself(three):
    assert all(work.shown is work.footage for work in works(three).values())


@pytest.mark.parametrize("control", ["audio_shuffled", "frames_shuffled"])
def test_a_shuffle_changes_one_sense_and_nobody_keeps_his_own(three, control):
    found = works(three, control=control)
    changed, kept = (heard, seen) if control == "audio_shuffled" else (seen, heard)
    assert {name: kept(work) for name, work in found.items()} == OWN
    got = {name: changed(work) for name, work in found.items()}
    assert sorted(got.values()) == [16, 17, 18]
    assert all(got[name] != own for name, own in OWN.items())
    for name, work in found.items():  # what is outlined stays as it is
        assert work.footage.clip.frames_NHWC.shape[2] == work.truths[0].masks_NHW.shape[2] == OWN[name]
        assert round(float(work.footage.clip.wave_S.mean()) * 100) == OWN[name]


def test_the_words_alone_are_left_of_black_frames_and_silence(three):
    for work in works(three, control="reference_only").values():
        assert work.shown.clip.frames_NHWC.shape == work.footage.clip.frames_NHWC.shape
        assert work.shown.clip.wave_S.shape == work.footage.clip.wave_S.shape
        assert not work.shown.clip.frames_NHWC.any()
        assert not work.shown.clip.wave_S.any()
        assert work.footage.clip.frames_NHWC.any()
        assert work.footage.clip.wave_S.any()


def test_a_limit_changes_nobodys_other_clip(three):
    everybody = {name: seen(work) for name, work in works(three, control="frames_shuffled").items()}
    limited = works(three, control="frames_shuffled", limit_clips=2)
    assert {name: seen(work) for name, work in limited.items()} == {name: everybody[name] for name in "ab"}


def test_a_split_of_one_clip_has_no_other_one(three):
    with pytest.raises(ConfigError, match="of the 1 clips of split test_u more than half are of one video"):
        works(three, splits=None, control="audio_shuffled")
    assert works(three, splits=None, control="reference_only")


def test_everybody_is_used_once_and_gets_another_video():
    other = derangement(MANY, seed=0)
    assert sorted(other) == sorted(other.values()) == sorted(MANY)
    assert all(video_of(folder) != video_of(chosen) for folder, chosen in other.items())


def test_the_choice_follows_from_the_seed_and_from_nothing_else():
    assert derangement(reversed(MANY), seed=0) == derangement(MANY, seed=0)
    assert derangement(MANY, seed=1) != derangement(MANY, seed=0)


@pytest.mark.parametrize(
    ("folders", "possible"),
    [
        (["a"], False),
        (["a", "null_c-a"], False),
        (["a", "null_c-a", "b"], False),
        (["a", "null_c-a", "b", "null_m-b"], True),
        (["a", "b"], True),
        ([], False),
    ],
)
def test_half_of_the_clips_may_be_of_one_video_and_no_more(folders, possible):
    other = derangement(folders, seed=3)
    assert sorted(other) == (sorted(folders) if possible else [])
    assert all(video_of(folder) != video_of(chosen) for folder, chosen in other.items())


def test_clips_of_other_splits_are_never_chosen():
    references = [
        Reference(i, f"{vid}_dog_1", vid, split, 0, "dog", "It.")
        for i, (vid, split) in enumerate([*((v, Split.val) for v in "abc"), *((v, Split.test_s) for v in "xyz")])
    ]
    found = Controlled.of(Control.audio_shuffled, references)
    assert {split: set(other.values()) for split, other in found.other.items()} == {
        Split.val: set("abc"), Split.test_s: set("xyz"),
    }  # fmt: skip


@pytest.mark.parametrize("control", Control)
def test_what_is_shown_is_known_by_all_that_it_is_made_of(three, control):
    before = {name: work.shown.content for name, work in works(three, control=control).items()}
    assert len({*before.values()}) == 3
    same = {name: work.footage.content == work.shown.content for name, work in works(three, control=control).items()}
    assert set(same.values()) == {control is Control.none}
    three.wave(three.files.media / "b_0_10000" / "audio.wav", np.full(1600, 0.9))
    after = {name: work.shown.content for name, work in works(three, control=control).items()}
    others = Controlled.of(control, BenchmarkData(files=three.files).files.references([Split.test_s]), 0).other
    looks = {name for name in before if others and others[Split.test_s][f"{name}_0_10000"] == "b_0_10000"}
    assert {name for name in before if before[name] != after[name]} == {"b"} | looks
