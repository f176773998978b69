"""A benchmark as work: clips in csv order, each with its references and true masks."""

import lightning
import numpy as np
import pytest

from tgs.data.benchmark import BenchmarkData, by_folder
from tgs.data.files import BenchmarkFiles
from tgs.errors import ConfigError, DataError
from tgs.lit.training import build_trainer
from tgs.types import Split

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.* is deprecated:FutureWarning"),  # lightning 2.6 on torch 2.13
]


def work(benchmark, **settings):
    data = BenchmarkData(files=benchmark.files, **settings)
    data.setup()
    return data, [one for batch in data.predict_dataloader() for one in batch]


def test_clips_come_in_csv_order_with_all_their_references(benchmark):
    data, works = work(benchmark)
    assert [w.footage.clip.vid for w in works] == ["a_0_10000", "b_0_10000", "c_0_10000", "null_c-c_0_10000"]
    assert [[r.row for r in w.references] for w in works] == [[0, 1], [2, 3, 7], [4], [6]]
    assert isinstance(works[0].footage.clip.frames_NHWC, np.ndarray)  # not turned into a tensor on its way
    assert len(data.references) == 7


def test_truths_are_those_of_each_row_s_fid_and_loaded_once(benchmark):
    expected = {fid: benchmark.masks("b_0_10000", fid) for fid in (1, 2)}
    _, (clip,) = work(benchmark, splits=["test_s"])
    assert [r.fid for r in clip.references] == [1, 2, 1]
    for reference, truth in zip(clip.references, clip.truths, strict=True):
        assert (truth.masks_NHW == expected[reference.fid]).all()
    assert clip.truths[0] is clip.truths[2]


def test_null_references_have_empty_truth_without_any_file(benchmark):
    assert not (benchmark.files.masks / "null_c-c_0_10000").exists()
    _, (clip,) = work(benchmark, splits=[Split.test_n])
    truth = clip.truths[0].masks_NHW
    assert truth.shape == (10, 12, 16)
    assert truth.dtype == np.bool_
    assert not truth.any()


def test_a_limit_cuts_the_clips_but_not_what_is_expected(benchmark):
    data, works = work(benchmark, limit_clips=2)
    assert [w.footage.vid for w in works] == ["a_0_10000", "b_0_10000"]
    assert len(data.references) == 7


def test_the_first_clips_of_each_split_are_those_in_csv_order_that_are_handed_out(benchmark):
    data, _ = work(benchmark)
    assert data.first_clips(1) == ["a_0_10000", "b_0_10000", "c_0_10000", "null_c-c_0_10000"]
    assert data.first_clips(0) == []
    cut, _ = work(benchmark, splits=["test_s", "test_u"], limit_clips=1)
    assert cut.first_clips(5) == ["b_0_10000"]


class Noting(lightning.LightningModule):
    """Writes down which process was given which clip."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def predict_step(self, batch, batch_idx):
        (self.folder / f"{self.trainer.global_rank} {batch[0].footage.vid}").touch()
        return batch_idx


def test_clips_come_some_at_a_time(benchmark):
    data = BenchmarkData(files=benchmark.files, batch_clips=3)
    data.setup()
    names = [[work.footage.vid for work in batch] for batch in data.predict_dataloader()]
    assert names == [["a_0_10000", "b_0_10000", "c_0_10000"], ["null_c-c_0_10000"]]
    with pytest.raises(ConfigError, match="batch_clips=0 must be at least 1"):
        BenchmarkData(files=benchmark.files, batch_clips=0)


@pytest.mark.parametrize(("processes", "own"), [
    (2, ["0 a_0_10000", "0 c_0_10000", "1 b_0_10000", "1 null_c-c_0_10000"]),
    (5, ["0 a_0_10000", "1 b_0_10000", "2 c_0_10000", "3 null_c-c_0_10000"]),  # nothing is left for the fifth
])  # fmt: skip
def test_processes_take_their_turns_at_the_clips(benchmark, tmp_path, together, processes, own):
    noted = tmp_path / "noted"
    noted.mkdir()

    def predict():
        settings = {"accelerator": "cpu", "devices": processes, "strategy": "ddp", "threads": 1}
        trainer = build_trainer(settings, callbacks=[], loggers=[], folder=tmp_path)
        trainer.predict(Noting(noted), BenchmarkData(files=benchmark.files, batch_clips=1), return_predictions=False)

    together(processes, predict)
    assert sorted(path.name for path in noted.iterdir()) == own


def test_chosen_uids_leave_out_the_others_but_not_what_is_expected(benchmark):
    chosen = [reference.uid for reference in benchmark.files.references() if reference.row in (3, 4)]
    data, works = work(benchmark, only=chosen)
    assert [[r.row for r in w.references] for w in works] == [[3], [4]]
    assert [r.row for r in data.asked] == [3, 4]
    assert len(data.references) == 7
    with pytest.raises(ConfigError, match=r"only=\['nobody'\]: no such uid .*metadata\.csv"):
        work(benchmark, only=["nobody", chosen[0]])


def test_a_second_csv_asks_its_own_questions_of_the_same_clips(benchmark):
    csv = benchmark.root / "r2.csv"
    csv.write_text("vid,uid,split,fid,exp\nb,b_0_10000_cat_1,test_s,2,The quiet hunter.\n")
    files = BenchmarkFiles("r2", str(csv), str(benchmark.files.media), str(benchmark.files.masks))
    data = BenchmarkData(files=files)
    data.setup()
    ((clip,),) = data.test_dataloader()
    assert clip.references[0].text == "The quiet hunter."
    assert (clip.truths[0].masks_NHW == benchmark.masks("b_0_10000", 2)).all()


def test_one_per_uid_asks_the_first_row_s_text_of_the_last_row_s_object(benchmark):
    """The uid of csv row 0 stands three times, that of row 1 once: row 0 is asked, about the object of row 3."""
    uids = ["b_0_10000_cat_1", "b_0_10000_drum_1", "b_0_10000_cat_1", "b_0_10000_cat_1"]
    rows = [f"b,{uid},test_s,{fid},Text {n}." for n, (uid, fid) in enumerate(zip(uids, [1, 1, 1, 2], strict=True))]
    benchmark.csv("\n".join(["vid,uid,split,fid,exp", *rows]))
    data, (clip,) = work(benchmark, one_per_uid=True)
    assert [(r.row, r.text, r.fid) for r in clip.references] == [(0, "Text 0.", 2), (1, "Text 1.", 1)]
    assert (clip.truths[0].masks_NHW == benchmark.masks("b_0_10000", 2)).all()
    assert data.references == data.asked == list(clip.references)  # nobody expects the lost rows
    kept, (clip,) = work(benchmark)
    assert [(r.row, r.fid) for r in clip.references] == [(0, 1), (1, 1), (2, 1), (3, 2)]
    assert len(kept.references) == 4


class Listener(lightning.LightningModule):
    """Answers with what it was given."""

    def predict_step(self, batch, batch_idx):
        return [(w.footage.vid, [r.row for r in w.references], type(w.truths[0].masks_NHW).__name__) for w in batch]


def test_lightning_s_trainer_hands_the_work_on_untouched(benchmark, tmp_path):
    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        enable_checkpointing=False, default_root_dir=tmp_path,
    )  # fmt: skip
    data = BenchmarkData(files=benchmark.files, splits=[Split.test_s, Split.test_u])
    answers = trainer.predict(Listener(), datamodule=data)
    assert answers == [[("b_0_10000", [2, 3, 7], "ndarray"), ("c_0_10000", [4], "ndarray")]]


def test_references_of_one_clip_are_grouped_wherever_they_stand(benchmark):
    groups = by_folder(benchmark.files.references())
    assert [[r.row for r in group] for group in groups] == [[0, 1], [2, 3, 7], [4], [6]]


def test_damaged_clips_are_named_when_they_are_looked_at_and_not_before(benchmark):
    benchmark.masks("c_0_10000", 1, size=(12, 20))
    (benchmark.files.media / "b_0_10000" / "audio.wav").unlink()
    _, (_, cat, cow, _) = work(benchmark)
    with pytest.raises(DataError, match=r"c_0_10000/fid_1/00000\.png is 20x12, but its frame is 16x12"):
        _ = cow.truths[0].masks_NHW
    with pytest.raises(DataError, match=r"b_0_10000/audio\.wav does not exist"):
        _ = cat.footage.clip


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"splits": ["test"]}, r"splits=\['test'\] must name some of: train, val"),
        ({"splits": []}, r"splits=\[\] must name"),
        ({"limit_clips": 0}, r"limit_clips=0"),
    ],
)
def test_settings_out_of_range_are_refused(benchmark, settings, message):
    with pytest.raises(ConfigError, match=message):
        BenchmarkData(files=benchmark.files, **settings)
