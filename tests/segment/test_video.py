"""SAM 2's memory, with random weights, against the package's own SAM2VideoPredictor and plain set arithmetic."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from PIL import Image
from safetensors.torch import save_file

from tgs.segment.features import encode, to_pixels
from tgs.segment.sam2 import MEMORISED, POSTPROCESSING, Sam2, build
from tgs.segment.video import objects, track
from tgs.segment.view import Viewed
from tgs.types import Tracking

CONFIG = Path(__file__).parents[2] / "tgs" / "segment" / "configs" / "tiny.yaml"
OF_2_0 = {"no_obj_embed_spatial": False, "add_tpos_enc_to_obj_ptrs": False, "proj_tpos_enc_in_obj_ptrs": False,
          "use_signed_tpos_enc_to_obj_ptrs": False}  # fmt: skip
"""What SAM 2 lacks of 2.1; see the package's configs."""
NONE = np.zeros((0, 4), np.float32)
ONE = np.array([[20, 30, 120, 150]], np.float32)
OTHER = np.array([[100.5, 60, 250, 233.25]], np.float32)
HALF = np.array([[20, 15, 120, 75]], np.float32)
THIRD = np.array([[0, 128, 80, 256]], np.float32)
MODES = list(Tracking)


@pytest.fixture(scope="module", params=["2.1", "2.0"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reduced model whose memory is louder than a fresh one's, so that what it says is seen."""
    path = tmp_path_factory.mktemp("segmenter")
    tree = OmegaConf.load(CONFIG)
    tree.model.update(OF_2_0 if request.param == "2.0" else {})
    OmegaConf.save(tree, path / "config.yaml")
    torch.manual_seed(3)
    model: Any = build(path / "config.yaml")
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.startswith(("memory_encoder", "memory_attention", "maskmem_tpos_enc", "obj_ptr")):
                weight.add_(torch.randn_like(weight) * 0.2)
        model.sam_mask_decoder.pred_obj_score_head.layers[-1].bias.fill_(3.0)  # or chance says that nobody is there
    save_file(model.state_dict(), path / "model.safetensors")
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six frames of the model's own size as JPEG files, which is what the predictor reads; a square moves on them."""
    path = tmp_path_factory.mktemp("clip")
    ground = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    for frame in range(6):
        picture = np.array(Image.fromarray(ground).resize((256, 256)))
        picture[40 + 10 * frame : 120 + 10 * frame, 30 + 20 * frame : 110 + 20 * frame] = (200, 40, 40)
        Image.fromarray(picture).save(path / f"{frame}.jpg", quality=95)
    return path


def frames_of(clip: Path) -> np.ndarray:
    return np.stack([np.array(Image.open(clip / f"{frame}.jpg")) for frame in range(6)])


def predicted(folder: Path, clip: Path, *each: dict[int, np.ndarray]) -> torch.Tensor:
    """Logits (K, N, H, W) of objects by SAM2VideoPredictor's public calls, given each one's box by frame."""
    tree = OmegaConf.load(folder / "config.yaml")
    tree.model._target_ = "sam2.sam2_video_predictor.SAM2VideoPredictor"
    tree.model.sam_mask_decoder_extra_args = POSTPROCESSING
    tree.model.update({**MEMORISED, "fill_hole_area": 0})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # torch.jit inside the package
        predictor = instantiate(tree.model, _recursive_=True).eval()
    predictor.load_state_dict(Sam2(weights=folder).model.state_dict())
    logits = []
    for boxes in each:  # in a state of its own: else it would be followed from where the first of all has a box
        state = predictor.init_state(str(clip))
        for frame, box_14 in boxes.items():
            predictor.add_new_points_or_box(state, frame_idx=frame, obj_id=1, box=box_14[0])
        found = {}
        for reverse in (False, True):
            found |= {frame: low[0, 0] for frame, _, low in predictor.propagate_in_video(state, reverse=reverse)}
        logits.append(torch.stack([found[frame] for frame in range(6)]))
    return torch.stack(logits)


@pytest.mark.parametrize("boxes", [{0: ONE}, {2: ONE}, {5: OTHER}, {1: ONE, 4: OTHER}, {0: ONE, 1: THIRD, 5: OTHER}])
def test_logits_are_the_package_s_own(folder: Path, clip: Path, boxes: dict[int, np.ndarray]) -> None:
    """Within 2e-3 of logits whose spread is 0.05; memories in float32 are 3e-3 away, the way back with the times of
    the way out 6e-2. On one thread they are equal to the last bit; on two, roundings of memories tip over (1.1e-3)."""
    model = Sam2(weights=folder).model
    with torch.inference_mode():
        features = encode(model, to_pixels(frames_of(clip), 256, torch.device("cpu")))
        rows_N1 = torch.arange(6)[:, None]
        low_N11hw = track(model, features, rows_N1, {frame: torch.from_numpy(box) for frame, box in boxes.items()})
    ours_NHW = torch.nn.functional.interpolate(low_N11hw[:, 0], (256, 256), mode="bilinear")[:, 0]
    (theirs_NHW,) = predicted(folder, clip, boxes)
    torch.testing.assert_close(ours_NHW, theirs_NHW, atol=2e-3, rtol=0)
    followed = [frame for frame in range(6) if frame not in boxes]
    assert all(0 < (ours_NHW[frame] > 0).float().mean() < 1 for frame in followed)  # or nothing would be proved
    assert float((ours_NHW[followed] - ours_NHW[followed].mean(0)).abs().max()) > 0.05


def test_video_asks_with_the_first_boxes_and_shows_their_union(folder: Path, clip: Path) -> None:
    both = np.concatenate([ONE, OTHER])
    (masks,) = Sam2(weights=folder, mode=Tracking.video).segment(
        frames_of(clip), [[NONE, both, NONE, THIRD, ONE, NONE]]
    )
    logits_KNHW = predicted(folder, clip, {1: ONE}, {1: OTHER})
    expected_NHW = logits_KNHW.sigmoid().amax(0)
    np.testing.assert_allclose(masks.soft_NHW / 255, expected_NHW, atol=1 / 255)
    assert (masks.binary_NHW != (logits_KNHW.amax(0) > 0).numpy()).mean() < 1e-3
    assert masks.binary_NHW.any((1, 2)).all()


def test_video_filled_asks_with_all_boxes_and_keeps_the_masks_of_mode_image(folder: Path, clip: Path) -> None:
    boxes = [[NONE, ONE, NONE, NONE, np.concatenate([OTHER, THIRD]), NONE], [ONE, OTHER, THIRD, ONE, OTHER, THIRD]]
    frames_NHWC = frames_of(clip)
    filled, full = Sam2(weights=folder, mode=Tracking.video_filled).segment(frames_NHWC, boxes)
    by_frame, whole = Sam2(weights=folder).segment(frames_NHWC, boxes)
    np.testing.assert_array_equal(filled.soft_NHW[[1, 4]], by_frame.soft_NHW[[1, 4]])
    np.testing.assert_array_equal(full.soft_NHW, whole.soft_NHW)
    expected_NHW = predicted(folder, clip, {1: ONE, 4: OTHER}, {4: THIRD}).sigmoid().amax(0)
    rest = [0, 2, 3, 5]
    np.testing.assert_allclose(filled.soft_NHW[rest] / 255, expected_NHW[rest], atol=1 / 255)
    assert filled.binary_NHW[rest].any((1, 2)).all()
    assert not by_frame.soft_NHW[rest].any()


@pytest.mark.parametrize("mode", MODES)
def test_frames_with_a_box_keep_their_bits_whatever_else_is_encoded(folder: Path, clip: Path, mode: Tracking) -> None:
    """A batch of another size could move last digits: frames without a box never join theirs."""
    sam, sizes = Sam2(weights=folder, mode=mode), []
    sam.model.image_encoder.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    sam.segment(frames_of(clip), [[ONE, NONE, ONE, NONE, NONE, NONE], [NONE, NONE, OTHER, NONE, NONE, THIRD]])
    assert sizes == ([3] if mode is Tracking.image else [3, 3])


def test_mode_image_never_remembers(folder: Path, clip: Path) -> None:
    sam, asked = Sam2(weights=folder), []
    for part in (sam.model.memory_encoder, sam.model.memory_attention):
        part.register_forward_hook(lambda *_: asked.append(1))
    sam.segment(frames_of(clip), [[ONE, NONE, NONE, OTHER, NONE, NONE]])
    assert not asked
    sam.mode = Tracking.video
    sam.segment(frames_of(clip), [[ONE, NONE, NONE, OTHER, NONE, NONE]])
    assert len(asked) == 6 + 5  # a memory of every frame, and all but one look back


@pytest.mark.parametrize("mode", MODES)
def test_without_a_box_there_is_no_mask(folder: Path, clip: Path, mode: Tracking) -> None:
    sam, frames_NHWC = Sam2(weights=folder, mode=mode), frames_of(clip)
    runs: list[int] = []
    sam.model.image_encoder.register_forward_hook(lambda *_: runs.append(1))
    (nobody,) = sam.segment(frames_NHWC, [[NONE] * 6])
    assert not runs
    beside = sam.segment(frames_NHWC, [[NONE] * 6, [ONE, *[NONE] * 5]])[0]
    assert not nobody.soft_NHW.any()
    assert not beside.soft_NHW.any()
    assert beside.soft_NHW.shape == (6, 256, 256)


def test_equal_objects_are_followed_once_and_nobody_hears_of_the_others(folder: Path, clip: Path) -> None:
    sam, asked = Sam2(weights=folder, mode=Tracking.video), []
    one, late = [ONE, *[NONE] * 5], [NONE, NONE, OTHER, NONE, NONE, ONE]
    alone = [sam.segment(frames_of(clip), [boxes])[0].soft_NHW for boxes in (one, late)]
    sam.model.memory_encoder.register_forward_hook(lambda *_: asked.append(1))
    masks = sam.segment(frames_of(clip), [one, late, one])
    assert len(asked) == 12
    np.testing.assert_array_equal(masks[0].soft_NHW, masks[2].soft_NHW)
    for together, apart in zip(masks, alone, strict=False):
        np.testing.assert_allclose(together.soft_NHW / 255, apart / 255, atol=1 / 255)  # batches of the encoder differ


def test_who_is_followed_by_hand() -> None:
    a, b, c = (0.0, 0.0, 1.0, 1.0), (1.0, 1.0, 2.0, 2.0), (2.0, 2.0, 3.0, 3.0)
    boxes = [NONE, np.array([a, b], np.float32), np.array([c], np.float32), NONE, np.array([b, c], np.float32)]
    assert objects(boxes, Tracking.video) == [((1, a),), ((1, b),)]
    assert objects(boxes, Tracking.video_filled) == [((1, a), (2, c), (4, b)), ((1, b), (4, c))]
    later = [NONE, np.array([a], np.float32), np.array([b, c], np.float32)]
    assert objects(later, Tracking.video) == [((1, a),)]
    assert objects(later, Tracking.video_filled) == [((1, a), (2, b)), ((2, c),)]
    assert objects([NONE, NONE], Tracking.video) == objects([NONE], Tracking.video_filled) == []


def test_frames_of_another_shape_are_followed_at_their_own(folder: Path, clip: Path) -> None:
    """Through another view, too: boxes and masks scale alike."""
    wide = frames_of(clip)[:, ::2]
    sam = Sam2(weights=folder, mode=Tracking.video)
    (masks,) = sam.segment(wide, [[NONE, HALF, *[NONE] * 4]])
    assert masks.soft_NHW.shape == (6, 128, 256)
    assert masks.binary_NHW.any((1, 2)).all()
    (small,) = Viewed(sam, size_px=64).segment(wide, [[NONE, HALF, *[NONE] * 4]])
    assert small.soft_NHW.shape == (6, 64, 64)


def test_a_mode_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="vidoe"):
        Sam2(weights=folder, mode="vidoe")  # type: ignore[arg-type]
