"""The benchmark on disk: a tiny one is made once, from a bank in which every category is a tone of its own."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from tgs.data.captions import CaptionSource, Modality, read_captions
from tgs.data.instruct import instruct_examples, read_answers
from tgs.data.media import load_clip, load_masks
from tgs.data.records import read_references
from tgs.digest import digest_files
from tgs.errors import ConfigError, DataError
from tgs.stickers.categories import CATEGORIES, UNSEEN
from tgs.stickers.sample import TAKES
from tgs.stickers.settings import StickersSettings
from tgs.stickers.sounds import bank_digest
from tgs.stickers.write import write_benchmark
from tgs.types import Split

TINY = StickersSettings(
    train=5,
    val=1,
    test_s=2,
    test_u=2,
    test_n=3,
    caption_clips=2,
    caption_stills=1,
    caption_sounds=3,
    null_every=2,
    width_px=160,
    height_px=90,
)
TONES_HZ = {name: 300 + 200 * row for row, name in enumerate(CATEGORIES)}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Iterator[Path]:
    """A folder with a bank whose takes are sines."""
    folder = tmp_path_factory.mktemp("sounds")
    seconds = np.arange(160_000) / 16_000
    tones = [np.round(2000 * np.sin(2 * np.pi * hz * seconds)).astype(np.int16) for hz in TONES_HZ.values()]
    bank = np.broadcast_to(np.stack(tones)[:, None], (len(tones), TAKES, 160_000))
    np.save(folder / f"sounds-{bank_digest(TAKES, tuple(CATEGORIES))}.npy", bank)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def root(tmp_path_factory, sounds) -> Path:
    root = tmp_path_factory.mktemp("made") / "stickers"
    assert write_benchmark(root, TINY, sounds=sounds, processes=1)
    return root


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def folder_of(row: dict[str, str]) -> str:
    return row["uid"].rsplit("_", 2)[0]


def truth(root: Path, folder: str) -> dict:
    return json.loads((root / "media" / folder / "scene.json").read_text(encoding="utf-8"))


def tones_in(wave: np.ndarray) -> set[str]:
    """Categories whose tone stands out of a second of sound."""
    mono = wave.mean(axis=1) if wave.ndim == 2 else wave
    spectrum = np.abs(np.fft.rfft(mono)) / (len(mono) / 2)  # one second: bins are 1 Hz apart
    return {name for name, hz in TONES_HZ.items() if spectrum[hz] > 0.25 * 0.5 * 2000 / 32767}


def test_every_row_has_frames_sound_and_masks_of_one_size(root):
    rows = rows_of(root / "metadata.csv")
    assert Counter(row["split"] for row in rows).keys() == {"train", "val", "test_s", "test_u", "test_n"}
    for row in rows:
        media = root / "media" / folder_of(row)
        assert {path.name for path in (media / "frames").iterdir()} == {f"{i}.jpg" for i in range(10)}
        with Image.open(media / "frames" / "9.jpg") as frame:
            assert frame.size == (160, 90)
        masks = root / "gt_mask" / folder_of(row) / f"fid_{row['fid']}"
        assert {path.name for path in masks.iterdir()} == {f"{i:05d}.png" for i in range(10)}
        for path in masks.iterdir():
            with Image.open(path) as mask:
                assert (mask.mode, mask.size) == ("L", (160, 90))
                assert set(np.unique(mask)) <= ({0} if "_null_" in row["uid"] else {0, 255})


def test_masks_stand_where_the_scene_says(root):
    for row in rows_of(root / "metadata.csv"):
        if "_null_" in row["uid"]:
            continue
        sticker = truth(root, row["vid"])["seen"]["stickers"][int(row["fid"])]
        assert row["uid"].rsplit("_", 2)[1] == sticker["category"]
        for frame in (0, 9):
            with Image.open(root / "gt_mask" / row["vid"] / f"fid_{row['fid']}" / f"{frame:05d}.png") as mask:
                columns = np.nonzero(np.asarray(mask).any(axis=0))[0]
            x = sticker["x"] + sticker["drift"] * (frame - 4.5)
            assert columns.min() - 1 <= x * 160 <= columns.max() + 1


def test_sounds_are_heard_in_their_seconds_and_only_then(root):
    for path in (root / "media").iterdir():
        wave, rate = soundfile.read(path / "audio.wav")
        assert (rate, len(wave)) == (16_000, 160_000)
        heard = truth(root, path.name)["heard"]["stickers"]
        for second in range(10):
            part = wave[second * 16_000 : (second + 1) * 16_000]
            sounding = {
                s["category"] for s in heard if s["sound"] and s["sound"]["start_s"] <= second < s["sound"]["end_s"]
            }
            assert tones_in(part) == sounding


def test_null_clips_are_crossed_muted_or_their_own(root):
    folders = {folder_of(row): row for row in rows_of(root / "metadata.csv") if row["uid"].startswith("null_")}
    assert Counter(name[:7] for name, row in folders.items() if row["split"] == "test_n") == {
        "null_c-": 1, "null_m-": 1, "null_o-": 1,
    }  # fmt: skip
    assert {row["split"] for row in folders.values()} == {"train", "val", "test_n"}
    for name, row in folders.items():
        assert name == f"{name[:7]}{row['vid']}"
        assert (row["fid"], row["uid"].rsplit("_", 2)[1]) == ("0", "null")
        content = truth(root, name)
        seen = {s["category"] for s in content["seen"]["stickers"]}
        heard = {s["category"] for s in content["heard"]["stickers"] if s["sound"]}
        assert content["sound"] == {"c": "crossed", "m": "muted", "o": "own"}[name[5]]
        if name[5] == "o":
            assert heard
            assert heard <= seen
        else:
            assert not heard & seen
            assert bool(heard) == (name[5] == "c")
        if row["split"] != "test_n":  # the same frames as the clip that it is made of
            frames = [root / "media" / folder / "frames" / "3.jpg" for folder in (name, row["vid"])]
            assert frames[0].read_bytes() == frames[1].read_bytes()


def test_only_test_u_asks_for_unseen_categories_and_only_it_shows_them(root):
    for row in rows_of(root / "metadata.csv"):
        seen = {s["category"] for s in truth(root, folder_of(row))["seen"]["stickers"]}
        category = row["uid"].rsplit("_", 2)[1]
        assert (category in UNSEEN) == (row["split"] == "test_u")
        assert bool(seen & set(UNSEEN)) == (row["split"] == "test_u")
        if row["split"] != "test_u":
            assert not set(UNSEEN) & set(row["exp"].lower().rstrip(".").split())


def test_line_ends_and_rows_of_the_two_csv_files(root):
    assert (root / "metadata.csv").read_bytes().count(b"\r\n") == len(rows_of(root / "metadata.csv")) + 1
    assert b"\r" not in (root / "r2" / "metadata.csv").read_bytes()
    first = {row["uid"]: row for row in rows_of(root / "metadata.csv")}
    second = rows_of(root / "r2" / "metadata.csv")
    assert {row["split"] for row in second} == {"test_s", "test_u"}
    for row in second:
        assert [row[key] for key in ("vid", "split", "fid")] == [
            first[row["uid"]][key] for key in ("vid", "split", "fid")
        ]
        assert row["exp"] != first[row["uid"]]["exp"]
        assert row["uid"].rsplit("_", 2)[1] not in row["exp"].lower()
    assert len(second) > 0.8 * sum(row["split"] in ("test_s", "test_u") for row in first.values())
    kinds = json.loads((root / "r2" / "kinds.json").read_text(encoding="utf-8"))
    assert {row["uid"] for row in second} == set(kinds)
    assert set(kinds.values()) <= {"riddle", "group"}


def test_held_out_wordings_are_marked_and_stay_in_the_tests(root):
    marks = {True: set(), False: set()}
    for path in (root / "media").iterdir():
        content = truth(root, path.name)
        for reference in content["references"]:
            marks[reference["held_out"]].add(content["split"])
    assert marks[True] <= {"test_s", "test_u", "test_n"}
    assert len(marks[True]) > 1
    assert len(marks[False]) == 5


def test_the_data_room_reads_all_of_it(root):
    references = read_references(root / "metadata.csv")
    train = [r for r in references if r.split is Split.train]
    examples = instruct_examples(train, read_answers(root / "RefThinker_instruction_tuning_set.json"))
    for example in examples:
        assert f"<s_object> {example.reference.category} </s_object>" in example.answer
        assert f'"{example.reference.text.lower().removesuffix(".")}"' in example.answer
    for reference in references[:3] + references[-3:]:
        clip = load_clip(root / "media", reference.folder)
        assert clip.frames_NHWC.shape == (10, 90, 160, 3)
        masks = load_masks(root / "gt_mask", reference.folder, reference.fid, frame_hw=(90, 160))
        assert masks.any() == (not reference.is_null)
    captions = root / "captions"
    for modality, name, media, start in (
        (Modality.audio, "audiocaps", "audio", "the audio contains "),
        (Modality.image, "images", "", "the image shows "),
        (Modality.video, "videos", "", "the video shows "),
    ):
        found = read_captions(CaptionSource(modality, captions / f"{name}.json", captions / media))
        assert len(found) == {Modality.audio: 5, Modality.image: 3, Modality.video: 2}[modality]
        assert all(example.media.exists() and example.answer.startswith(start) for example in found)


def test_the_card_counts_what_the_csv_holds(root):
    card = json.loads((root / "benchmark.json").read_text(encoding="utf-8"))
    assert (card["name"], card["version"], card["settings_digest"]) == ("stickers", "1.0", TINY.digest())
    rows = rows_of(root / "metadata.csv")
    for split, counts in card["counts"].items():
        of_split = [row for row in rows if row["split"] == split]
        assert counts["references"] == len(of_split)
        assert counts["null"] == sum("_null_" in row["uid"] for row in of_split)
        assert counts["folders"] == len({folder_of(row) for row in of_split})
        assert counts["clips"] == getattr(TINY, split)


def test_what_stands_there_is_kept_refused_or_replaced(tmp_path, sounds):
    small = replace(TINY, train=1, val=0, test_s=0, test_u=0, test_n=0, caption_clips=0, null_every=0)
    root = tmp_path / "b"
    assert write_benchmark(root, small, sounds=sounds, processes=1)
    before = digest_files(root.rglob("*.*"), root)
    assert not write_benchmark(root, small, sounds=sounds, processes=1)
    with pytest.raises(ConfigError, match="other settings"):
        write_benchmark(root, replace(small, seed=1), sounds=sounds, processes=1)
    assert digest_files(root.rglob("*.*"), root) == before
    assert write_benchmark(root, replace(small, seed=1), sounds=sounds, processes=1, overwrite=True)
    assert digest_files(root.rglob("*.*"), root) != before
    (root / "benchmark.json").unlink()
    with pytest.raises(DataError, match="no made benchmark"):
        write_benchmark(root, small, sounds=sounds, processes=1, overwrite=True)


def test_a_broken_off_run_leaves_nothing(tmp_path, sounds):
    def break_off(what: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_benchmark(tmp_path / "b", TINY, break_off, sounds=sounds, processes=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_number_of_processes(tmp_path, root, sounds):
    assert write_benchmark(tmp_path / "b", TINY, sounds=sounds, processes=2)
    digests = [digest_files((p for p in made.rglob("*") if p.is_file()), made) for made in (root, tmp_path / "b")]
    assert digests[0] == digests[1]


def test_no_process_is_too_few(tmp_path):
    with pytest.raises(ConfigError, match="processes"):
        write_benchmark(tmp_path / "b", TINY, processes=0)
