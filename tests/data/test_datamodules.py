"""What phases 1 and 2 learn from: batches of examples, whole clips held out, the same order after a resume."""

import json
from dataclasses import replace
from itertools import chain, pairwise

import lightning
import numpy as np
import pytest
import torch

from tgs.data.captions import CaptionSource
from tgs.data.collate import Buckets, EpochShuffle, Share, hold_out
from tgs.data.datamodules import CaptionData, InstructData
from tgs.errors import ConfigError, DataError

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.* is deprecated:FutureWarning"),  # lightning 2.6 on torch 2.13
]


@pytest.fixture
def instruct(maker):
    """Eight clips with three references each."""
    uids = [f"v{clip}_0_10000_dog_{n}" for clip in range(8) for n in range(3)]
    maker.csv("vid,uid,split,fid,exp\n" + "".join(f"v,{uid},train,0,Dog {uid}.\n" for uid in uids))
    path = maker.root / "set.json"
    path.write_text(json.dumps({uid: {"output": f"answer to {uid}"} for uid in uids}))

    def make(**settings):
        data = InstructData(files=replace(maker.files, instructions=path), **settings)
        data.setup()
        return data

    return make


@pytest.fixture
def sounds(tmp_path):
    """Ten captions of five sounds."""
    path = tmp_path / "audio.json"
    path.write_text(json.dumps([{"audiocap_id": n // 2, "caption": f"Sound {n}."} for n in range(10)]))
    return CaptionSource("audio", path, tmp_path)


def uids(loader):
    return [[example.reference.uid for example in batch] for batch in loader]


def test_batches_are_lists_of_examples(instruct):
    data = instruct(batch_size=5, val_share=0)
    batches = list(data.train_dataloader())
    assert [len(batch) for batch in batches] == [5, 5, 5, 5, 4]
    example = batches[0][0]
    assert example.answer == f"answer to {example.reference.uid}"
    assert len({e.reference.uid for batch in batches for e in batch}) == 24
    assert data.val_dataloader() == []


def test_whole_clips_are_held_out(instruct):
    data = instruct(val_share=0.25, seed=1)
    learnt = {e.folder for e in data.train_examples}
    judged = {e.folder for e in data.val_examples}
    assert (len(learnt), len(judged)) == (6, 2)
    assert not learnt & judged
    assert len(data.val_examples) == 6
    assert [e.reference.row for e in data.val_examples] == sorted(e.reference.row for e in data.val_examples)
    assert set(data.folders) == learnt | judged


def test_a_clip_and_its_null_variants_are_held_out_together(maker):
    folders = ["null_c--a_b_1_2", "-a_b_1_2", "null_m--a_b_1_2", "c_1_2"]
    maker.csv("vid,uid,split,fid,exp\n" + "".join(f"v,{folder}_null_1,train,0,It\n" for folder in folders))
    path = maker.root / "set.json"
    path.write_text(json.dumps({f"{folder}_null_1": {"output": "x"} for folder in folders}))
    data = InstructData(files=replace(maker.files, instructions=path), val_share=0.5)
    data.setup()
    assert {len(data.train_examples), len(data.val_examples)} == {1, 3}


def test_the_seed_decides_who_is_held_out_and_the_order(instruct):
    again = [instruct(val_share=0.25, seed=3) for _ in range(2)]
    assert again[0].val_examples == again[1].val_examples
    assert uids(again[0].train_dataloader()) == uids(again[1].train_dataloader())
    others = {tuple(e.folder for e in instruct(val_share=0.25, seed=seed).val_examples) for seed in range(6)}
    assert len(others) > 1


def test_every_epoch_has_its_own_order_and_a_resumed_one_the_same(instruct):
    data = instruct(val_share=0)
    first = EpochShuffle(24, seed=42)
    orders = []
    for epoch in range(3):
        first.set_epoch(epoch)
        orders.append(list(first))
    assert len({tuple(order) for order in orders}) == 3
    assert all(sorted(order) == list(range(24)) for order in orders)
    resumed = data.train_dataloader()
    resumed.sampler.set_epoch(2)
    rows = [example.reference.row for batch in resumed for example in batch]
    assert rows == orders[2]


class Counter(lightning.LightningModule):
    """Learns nothing; writes down what it was given."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen, self.judged = [], []

    def training_step(self, batch, batch_idx):
        self.seen.append([example.reference.row for example in batch])
        return self.weight * 0

    def validation_step(self, batch, batch_idx):
        self.judged.append([example.reference.row for example in batch])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.parametrize("val_share", [0, 0.25])
def test_lightning_s_trainer_takes_the_module_and_turns_the_epochs(instruct, tmp_path, val_share):
    task, data = Counter(), instruct(batch_size=6, val_share=val_share)
    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False, max_epochs=2,
        enable_checkpointing=False, default_root_dir=tmp_path, num_sanity_val_steps=0,
        limit_val_batches=1.0 if val_share else 0,
    )  # fmt: skip
    trainer.fit(task, datamodule=data)
    half = len(task.seen) // 2
    first, second = list(chain(*task.seen[:half])), list(chain(*task.seen[half:]))
    assert sorted(first) == sorted(second) == sorted(e.reference.row for e in data.train_examples)
    assert first != second
    assert list(chain(*task.judged)) == [e.reference.row for e in data.val_examples] * 2


def test_buckets_hold_every_example_once_and_batches_of_like_length(instruct):
    lengths = [7 * n % 100 for n in range(103)]  # 0 to 99, each once, and three more
    shuffle = EpochShuffle(103, seed=1, buckets=Buckets(lengths, batch_size=4, batches=5))
    order = list(shuffle)
    assert sorted(order) == list(range(103))
    for start in range(0, 100, 20):  # sorted, a piece of 20 is 5 batches whose ranges do not meet
        batches = sorted(sorted(lengths[i] for i in order[at : at + 4]) for at in range(start, start + 20, 4))
        assert all(one[-1] <= following[0] for one, following in pairwise(batches))
    shuffle.set_epoch(1)
    assert list(shuffle) != order
    plain = EpochShuffle(103, seed=1)
    assert order[100:] == list(plain)[100:]  # the incomplete batch stays last


def test_a_loader_with_one_bucket_sorts_all_it_has(instruct):
    data = instruct(val_share=0, batch_size=4, bucket_batches=6)  # 24 examples
    batches = [[len(e.reference.text) + len(e.answer) for e in batch] for batch in data.train_dataloader()]
    assert sorted(chain(*sorted(batches))) == list(chain(*sorted(batches)))
    with pytest.raises(ConfigError, match="bucket_batches=-1"):
        instruct(bucket_batches=-1)


@pytest.mark.parametrize("num_workers", [0, 1])
def test_clips_are_loaded_once_each_in_order(instruct, maker, num_workers):
    for clip in range(8):
        maker.clip(f"v{clip}_0_10000")
    data = instruct(val_share=0, num_workers=num_workers)
    assert [clip.vid for clip in data.clips()] == [f"v{n}_0_10000" for n in range(8)]
    (clip,) = data.clips(["v5_0_10000"])
    assert clip.frames_NHWC.shape == (10, 12, 16, 3)


def test_captions_of_one_sound_stay_together(sounds):
    data = CaptionData(sources=[sounds], val_share=0.4, batch_size=3)
    data.setup()
    assert len(data.val_examples) == 4
    assert not {e.media for e in data.train_examples} & {e.media for e in data.val_examples}
    assert [len(batch) for batch in data.val_dataloader()] == [3, 1]


def test_images_and_videos_are_learnt_together_sounds_apart(tmp_path, sounds):
    def pictures(modality):
        path = tmp_path / f"{modality}.json"
        path.write_text(json.dumps([{modality: "a", "conversations": [{"value": "Q"}, {"value": "A"}]}]))
        return CaptionSource(modality, path, tmp_path)

    data = CaptionData(sources=[pictures("image"), pictures("video")], val_share=0)
    data.setup()
    assert [e.modality for e in data.train_examples] == ["image", "video"]
    with pytest.raises(ConfigError, match=r"the sources are audio, image"):
        CaptionData(sources=[sounds, pictures("image")])
    with pytest.raises(ConfigError, match=r"the sources are none"):
        CaptionData(sources=[])


@pytest.mark.parametrize("settings", [{"batch_size": 0}, {"num_workers": -1}, {"val_share": 1}, {"val_share": -0.1}])
def test_settings_out_of_range_are_refused(instruct, settings):
    with pytest.raises(ConfigError, match=next(iter(settings))):
        instruct(**settings)


def test_holding_out_everything_is_refused():
    assert hold_out(["a", "a", "b"], 0, seed=0) == frozenset()
    assert len(hold_out(["a", "a", "b"], 0.01, seed=0)) == 1
    with pytest.raises(DataError, match="1 distinct clips leave nothing to learn from"):
        hold_out(["a", "a"], 0.05, seed=0)


def test_the_content_of_a_clip_is_its_frames_and_its_sound(instruct, maker):
    folder = "v0_0_10000"
    maker.clip(folder)
    data = instruct(val_share=0)
    before = data.content(folder)
    assert before == data.content(folder) != instruct(val_share=0, n_frames=9).content(folder)
    seen = {before}
    for name in ("frames/3.jpg", "audio.wav"):
        file = data.files.media / folder / name
        file.write_bytes(file.read_bytes() + b" ")
        seen.add(data.content(folder))
    (data.files.media / folder / "audio.wav").unlink()
    assert len({*seen, data.content(folder)}) == 4


def test_processes_share_every_batch_and_the_incomplete_one():
    """Of 2 processes with batches of 2, the joint batches are 0-3, 4-7 and what is left: 8, 9, 10."""
    order = np.arange(11)
    assert Share(0, 2, 2).of(order).tolist() == [0, 1, 4, 5, 8, 10]
    assert Share(1, 2, 2).of(order).tolist() == [2, 3, 6, 7, 9]
    assert Share().of(order) is order


@pytest.mark.parametrize(("left", "shares"), [(0, [[], [], []]), (1, [[6], [6], [6]]), (2, [[6], [7], [6]])])
def test_no_process_waits_for_one_without_examples(left, shares):
    order = np.arange(6 + left)  # one joint batch of 3 processes with batches of 2, and some
    assert [Share(process, 3, 2).of(order).tolist()[2:] for process in range(3)] == shares


@pytest.mark.parametrize("buckets", [None, Buckets([5, 1, 4, 2, 3, 0, 6, 8, 9, 7], batch_size=4, batches=2)])
def test_processes_see_the_batches_of_one(buckets):
    whole = EpochShuffle(10, seed=1, buckets=buckets)
    parts = [EpochShuffle(10, seed=1, buckets=buckets, share=Share(process, 2, 2)) for process in range(2)]
    assert [len(whole), *map(len, parts)] == [10, 5, 5]
    for epoch in range(2):
        for one in (whole, *parts):
            one.set_epoch(epoch)
        joint, first, second = list(whole), *map(list, parts)
        for at in range(3):
            batch = {*first[2 * at : 2 * at + 2], *second[2 * at : 2 * at + 2]}
            assert batch == {*joint[4 * at : 4 * at + 4]}
