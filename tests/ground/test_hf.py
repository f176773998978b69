"""The transformers detector, with random weights of a very small size."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tgs.errors import WeightsError
from tgs.ground.hf import FILES, HfGrounder, build, target_size, to_pixels
from tgs.lit.optim import Optim
from tgs.lit.zoo.grounder import GrounderTask
from tgs.lit.zoo.grounder_sizes import GrounderSizes

SIZES = GrounderSizes(
    height_px=64,
    width_px=96,
    swin_embed=16,
    swin_depths=(1, 1, 1, 1),
    swin_window=4,
    text_width=32,
    max_text_len=24,
    width=32,
    hidden=32,
    queries=6,
)
FRAMES = np.random.default_rng(0).integers(0, 256, (3, 45, 80, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("grounder")
    GrounderTask(optim=Optim(lr=1e-3), sizes=SIZES).export(path)
    return path


@pytest.fixture(scope="module")
def grounder(folder: Path) -> HfGrounder:
    return HfGrounder(weights=folder, floor=0.0)


def test_scores_and_boxes_are_the_library_s_own(folder: Path, grounder: HfGrounder) -> None:
    """Against a plain forward pass, and the arithmetic of a published post-processing, one frame at a time."""
    from transformers.image_transforms import center_to_corners_format

    plain = build(json.loads((folder / "config.json").read_text())).eval()
    stored = {key: value.float() for key, value in load_file(folder / "model.safetensors").items()}
    missing, unexpected = plain.load_state_dict(stored, strict=False)
    assert not unexpected
    assert all("bbox_embed" in key for key in missing)
    found = grounder.detect(FRAMES, ["A red guitar"])[0]
    ids = torch.tensor([grounder.tokenizer.encode("a red guitar.").ids])
    for frame, detections in zip(FRAMES, found, strict=True):
        with torch.no_grad():
            said = plain(pixel_values=to_pixels(frame[None], (64, 96), torch.device("cpu")), input_ids=ids)
        corners = center_to_corners_format(said.pred_boxes[0]) * torch.tensor([80, 45, 80, 45])
        np.testing.assert_allclose(detections.boxes_K4, corners, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(detections.scores_K, said.logits[0].sigmoid().max(-1).values, rtol=1e-4)


def test_captions_together_equal_captions_alone_and_share_the_backbone(grounder: HfGrounder) -> None:
    runs: list[int] = []
    read: list[int] = []
    hooks = [
        grounder.backbone.backbone.register_forward_hook(lambda *_: runs.append(0)),
        grounder.model.model.decoder.register_forward_hook(lambda *_: runs.append(1)),
        grounder.model.model.text_backbone.encoder.register_forward_hook(
            lambda _, given, __: read.append(len(given[0]))
        ),
    ]
    together = grounder.detect(FRAMES, ["dog", "Dog.", "a silent cat"])
    for hook in hooks:
        hook.remove()
    assert (runs.count(0), runs.count(1), read) == (1, 2, [1, 1])
    for caption, expected in zip(["dog", "dog", "a silent cat"], together, strict=True):
        for one, other in zip(grounder.detect(FRAMES, [caption])[0], expected, strict=True):
            np.testing.assert_array_equal(one.boxes_K4, other.boxes_K4)
            np.testing.assert_array_equal(one.scores_K, other.scores_K)


def test_a_second_clip_is_not_taken_for_the_first(grounder: HfGrounder) -> None:
    first, second = grounder.detect(FRAMES, ["dog"])[0], grounder.detect(255 - FRAMES, ["dog"])[0]
    assert not np.allclose(first[0].scores_K, second[0].scores_K)


def test_the_floor_drops_low_scores_and_keeps_the_order(folder: Path, grounder: HfGrounder) -> None:
    everything = grounder.detect(FRAMES, ["dog"])[0][0]
    middle = float(np.median(everything.scores_K))
    kept = HfGrounder(weights=folder, floor=middle).detect(FRAMES, ["dog"])[0][0]
    above = everything.scores_K > middle
    assert 0 < above.sum() < len(above)
    np.testing.assert_array_equal(kept.boxes_K4, everything.boxes_K4[above])


def test_a_long_caption_is_cut_and_closed(grounder: HfGrounder) -> None:
    ids = grounder.tokens("dog " * 50 + ".")
    assert len(ids) == SIZES.max_text_len
    assert ids[0] == 101
    assert ids[-1] == 102
    assert len(grounder.detect(FRAMES[:1], ["dog " * 50])[0]) == 1


def test_unknown_words_fall_to_pieces(grounder: HfGrounder) -> None:
    assert grounder.tokenizer.encode("zebu").tokens == ["[CLS]", "z", "##e", "##b", "##u", "[SEP]"]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    for file in folder.iterdir():
        if file.name != name:
            (tmp_path / file.name).symlink_to(file)
    with pytest.raises(WeightsError, match=f"{name}.*zoo_grounder"):
        HfGrounder(weights=tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[: None if file.name != name else 20])
    with pytest.raises(WeightsError, match=f"{name}: not .*readable.*zoo_grounder"):
        HfGrounder(weights=tmp_path)


def test_weights_of_another_model_are_refused(folder: Path, tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    state = load_file(tmp_path / "model.safetensors")
    state.pop("model.text_projection.weight")
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match="text_projection"):
        HfGrounder(weights=tmp_path)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (600, 800, (800, 1066)),  # 800 * 800 / 600 = 1066.7, cut
        (720, 1280, (750, 1333)),  # 1422 would be too long: round(1333 * 9 / 16) = 750
        (1280, 720, (1333, 750)),
        (800, 800, (800, 800)),
    ],
)
def test_size_rule_of_the_published_detector(height: int, width: int, expected: tuple[int, int]) -> None:
    assert target_size(height, width, {"shortest_edge": 800, "longest_edge": 1333}) == expected


def test_a_fixed_size_does_not_keep_the_aspect() -> None:
    assert target_size(720, 1280, {"height": 128, "width": 224}) == (128, 224)
