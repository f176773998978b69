"""Phase 1's published caption forms, and the media they point at."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from tgs.data.captions import AUDIO_QUESTION, CaptionExample, CaptionSource, Modality, read_captions
from tgs.data.footage import load_caption_audio, load_caption_frames, spread
from tgs.errors import DataError


def source(tmp_path, modality, entries):
    path = tmp_path / f"{modality}_captions.json"
    path.write_text(entries if isinstance(entries, str) else json.dumps(entries))
    return CaptionSource(modality, path, tmp_path / "media")


def talk(question, answer):
    return [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]


def test_image_captions_lose_the_placeholder_and_gain_a_full_stop(tmp_path):
    entries = [
        {"image": "a/1.jpg", "conversations": talk("<image>\nWhat is\nthere?", "A dog")},
        {"image": "2.png", "conversations": talk("Describe it. <image>", "What a dog!")},
    ]
    found = read_captions(source(tmp_path, "image", entries))
    media = tmp_path / "media"
    assert found == [
        CaptionExample("image_captions:0", Modality.image, media / "a/1.jpg", "What isthere?", "A dog."),
        CaptionExample("image_captions:1", Modality.image, media / "2.png", "Describe it.", "What a dog!"),
    ]


def test_video_captions_have_the_same_form_under_another_key(tmp_path):
    entries = [{"id": 7, "video": "v/frames", "conversations": talk("<video>\nTell me.", "A cat?")}]
    (example,) = read_captions(source(tmp_path, "video", entries))
    assert (example.media, example.question, example.answer) == (tmp_path / "media/v/frames", "Tell me.", "A cat?")


def test_audio_captions_are_asked_one_question_and_keep_their_answer(tmp_path):
    entries = [
        {"audiocap_id": "91139", "start_time": "30", "caption": "A dog barks"},
        {"audiocap_id": "12347", "start_time": "0", "caption": "Left out as published"},
        {"audiocap_id": 5, "caption": "Rain."},
    ]
    first, second = read_captions(source(tmp_path, "audio", entries))
    assert first == CaptionExample(
        "audio_captions:0", Modality.audio, tmp_path / "media/91139.wav", AUDIO_QUESTION, "A dog barks"
    )
    assert (second.id, second.media.name) == ("audio_captions:2", "5.wav")


@pytest.mark.parametrize(
    ("modality", "entries", "message"),
    [
        ("audio", "[", r"audio_captions\.json is not json"),
        ("audio", {}, r"must be a json list of audio captions"),
        ("audio", [], r"must be a json list of audio captions with entries"),
        ("audio", [{"audiocap_id": "1"}], r"entry 0 is no audio caption \(KeyError: 'caption'\)"),
        ("audio", [{"audiocap_id": "1", "caption": " "}], r"entry 0: question or answer is empty"),
        ("image", [{"image": "1.jpg", "conversations": talk("Q", "A")[:1]}], r"entry 0 is no image caption \(IndexErr"),
        ("image", [{"video": "1.mp4", "conversations": talk("Q", "A")}], r"Expected image, and conversations"),
        ("video", ["x"], r"entry 0 is no video caption \(TypeError"),
        ("video", [{"video": "v", "conversations": talk("<video>\n", "A")}], r"question or answer is empty"),
        ("video", [{"video": "v", "conversations": talk("Q", 3)}], r"is no video caption \(AttributeError"),
    ],
)
def test_malformed_captions_are_named_with_their_place(tmp_path, modality, entries, message):
    with pytest.raises(DataError, match=message):
        read_captions(source(tmp_path, modality, entries))


def test_a_missing_annotation_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.json does not exist"):
        read_captions(CaptionSource(Modality.audio, tmp_path / "none.json", tmp_path))


@pytest.mark.parametrize(
    ("length", "count", "indices"),
    [(10, 8, [0, 1, 2, 3, 5, 6, 7, 8]), (16, 8, list(range(0, 16, 2))), (3, 8, [0, 1, 2])],
)
def test_frames_are_spread_as_published(length, count, indices):
    assert spread(length, count) == indices
    assert indices == np.arange(0, length, length / min(count, length)).astype(int).tolist()


def test_an_image_is_one_frame(tmp_path):
    Image.new("RGB", (6, 4), (10, 20, 30)).save(tmp_path / "1.png")
    frames = load_caption_frames(tmp_path / "1.png")
    assert frames.shape == (1, 4, 6, 3)
    assert frames[0, 0, 0].tolist() == [10, 20, 30]


def test_a_folder_of_frames_is_a_video(maker):
    folder = maker.frames("v", count=12)
    frames = load_caption_frames(folder, n_frames=4)
    assert frames[:, 0, 0, 0] == pytest.approx([0, 60, 120, 180], abs=3)


def test_sounds_keep_their_length(maker):
    path = maker.wave(maker.root / "1.wav", np.zeros(24000), rate_hz=48000)
    assert load_caption_audio(path).shape == (8000,)


def test_unusable_media_are_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.jpg does not exist"):
        load_caption_frames(tmp_path / "gone.jpg")
    with pytest.raises(DataError, match=r"holds no frames"):
        load_caption_frames(tmp_path)


def test_a_video_file_without_pyav_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)  # makes `import av` fail, whether it is installed or not
    (tmp_path / "1.mp4").write_bytes(b"film")
    with pytest.raises(DataError, match=r"1\.mp4 is a video file.*pip install av"):
        load_caption_frames(tmp_path / "1.mp4")


def test_a_video_file_is_decoded_with_pyav(tmp_path):
    av = pytest.importorskip("av", reason="PyAV is optional: only video files need it")
    path = tmp_path / "1.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=4)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for index in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), 20 * index, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    frames = load_caption_frames(path, n_frames=5)
    assert frames.shape == (5, 16, 32, 3)
    assert frames.mean(axis=(1, 2, 3)) == pytest.approx([0, 40, 80, 120, 160], abs=8)
    path.write_bytes(b"film")
    with pytest.raises(DataError, match=r"1\.mp4 cannot be decoded"):
        load_caption_frames(path)
