"""The SAM 2 adapter, with random weights, against the package's own predictor and plain set arithmetic."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tgs.errors import WeightsError
from tgs.segment.features import encode, to_pixels
from tgs.segment.sam2 import POSTPROCESSING, Sam2, build, candidates, decode

CONFIG = Path(__file__).parents[2] / "tgs" / "segment" / "configs" / "tiny.yaml"
FRAMES = np.random.default_rng(0).integers(0, 256, (3, 36, 64, 3), dtype=np.uint8)
NONE = np.zeros((0, 4), np.float32)
ONE = np.array([[5, 5, 30, 20]], np.float32)
OTHER = np.array([[20.5, 10, 60, 33.25]], np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("segmenter")
    save_file(build(CONFIG).state_dict(), path / "model.safetensors")
    shutil.copyfile(CONFIG, path / "config.yaml")
    return path


@pytest.fixture(scope="module")
def sam(folder: Path) -> Sam2:
    return Sam2(weights=folder)


def test_masks_are_the_package_s_own(sam: Sam2) -> None:
    """Frame by frame through SAM2ImagePredictor, whose feature sizes are fixed for 1024 px."""
    import warnings

    from sam2.sam2_image_predictor import SAM2ImagePredictor

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # torch.jit inside the predictor
        predictor = SAM2ImagePredictor(sam.model)
    predictor._bb_feat_sizes = [(64, 64), (32, 32), (16, 16)]
    (masks,) = sam.segment(FRAMES, [[ONE, OTHER, ONE]])
    for frame, box, binary, soft in zip(FRAMES, [ONE, OTHER, ONE], masks.binary_NHW, masks.soft_NHW, strict=True):
        predictor.set_image(frame)
        expected, _, low = predictor.predict(box=box, multimask_output=False)
        assert 0 < expected.mean() < 1  # or the comparison would prove nothing
        np.testing.assert_array_equal(binary, expected[0] > 0)
        large = torch.nn.functional.interpolate(torch.from_numpy(low)[None], (36, 64), mode="bilinear")
        np.testing.assert_allclose(soft / 255, large[0, 0].sigmoid(), atol=1 / 255)


def test_without_a_box_nothing_runs(sam: Sam2) -> None:
    runs: list[int] = []
    hook = sam.model.image_encoder.register_forward_hook(lambda *_: runs.append(1))
    (masks,) = sam.segment(FRAMES, [[NONE, NONE, NONE]])
    assert not runs
    assert not masks.soft_NHW.any()
    assert masks.soft_NHW.shape == (3, 36, 64)
    sam.segment(FRAMES, [[NONE, ONE, NONE], [NONE, OTHER, NONE]])
    hook.remove()
    assert len(runs) == 1


def test_only_frames_with_a_box_are_encoded_and_equal_boxes_decoded_once(sam: Sam2) -> None:
    encoded: list[int] = []
    decoded: list[int] = []
    hooks = [
        sam.model.image_encoder.register_forward_pre_hook(lambda _, inputs: encoded.append(len(inputs[0]))),
        sam.model.sam_mask_decoder.transformer.register_forward_pre_hook(
            lambda _, inputs: decoded.append(len(inputs[0]))
        ),
    ]
    masks = sam.segment(FRAMES, [[ONE, NONE, ONE], [ONE, NONE, OTHER]])
    for hook in hooks:
        hook.remove()
    assert (encoded, decoded) == ([2], [3])
    np.testing.assert_array_equal(masks[0].binary_NHW[0], masks[1].binary_NHW[0])
    assert not masks[0].binary_NHW[1].any()


def test_several_boxes_are_a_union(sam: Sam2) -> None:
    empty = [NONE, NONE]
    one, other, both = sam.segment(FRAMES, [[ONE, *empty], [OTHER, *empty], [np.concatenate([ONE, OTHER]), *empty]])
    np.testing.assert_array_equal(both.soft_NHW, np.maximum(one.soft_NHW, other.soft_NHW))


def test_small_batches_change_nothing_that_counts(folder: Path, sam: Sam2) -> None:
    boxes = [[ONE, OTHER, ONE], [OTHER, ONE, OTHER]]
    slow = Sam2(weights=folder, batch_frames=1, batch_boxes=1).segment(FRAMES, boxes)
    for one, other in zip(sam.segment(FRAMES, boxes), slow, strict=True):
        np.testing.assert_allclose(one.soft_NHW / 255, other.soft_NHW / 255, atol=1 / 255)
        assert (one.binary_NHW != other.binary_NHW).mean() < 1e-3


def test_the_single_mask_is_one_of_the_candidates(sam: Sam2) -> None:
    with torch.inference_mode():
        features = encode(sam.model, to_pixels(FRAMES, 256, torch.device("cpu")))
        frame_K, boxes_K4 = torch.tensor([0, 2]), torch.tensor([[20.0, 20, 200, 100], [0, 0, 99, 250]])
        chosen_K1hw = decode(sam.model, features, frame_K, boxes_K4)
        every_K4hw, iou_K4, object_K1 = candidates(sam.model, features, frame_K, boxes_K4)
    assert iou_K4.shape == (2, 4)
    assert object_K1.shape == (2, 1)
    for chosen_1hw, every_4hw in zip(chosen_K1hw, every_K4hw, strict=True):
        assert any(torch.equal(chosen_1hw[0], candidate) for candidate in every_4hw)


def test_the_options_of_build_sam2_are_applied(sam: Sam2) -> None:
    for key, value in POSTPROCESSING.items():
        assert getattr(sam.model.sam_mask_decoder, key) == value


def test_bad_input_is_refused(sam: Sam2) -> None:
    with pytest.raises(ValueError, match="frames_NHWC"):
        sam.segment(FRAMES.astype(np.float32), [])
    with pytest.raises(ValueError, match="2 box arrays for 3 frames"):
        sam.segment(FRAMES, [[ONE, ONE]])
    with pytest.raises(ValueError, match="reference 0, frame 1"):
        sam.segment(FRAMES, [[ONE, ONE[0], ONE]])


def test_missing_or_wrong_files_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="zoo_segmenter"):
        Sam2(weights=tmp_path)
    shutil.copyfile(folder / "model.safetensors", tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match=r"config\.yaml"):
        Sam2(weights=tmp_path)
    state = load_file(folder / "model.safetensors")
    state["extra"] = state.pop("no_mem_embed")
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match="1 missing: no_mem_embed; 1 unexpected: extra"):
        Sam2(weights=tmp_path / "model.safetensors", config=CONFIG)
    for name, kind in (("cut.safetensors", "safetensors file"), ("cut.pt", "torch checkpoint")):
        (tmp_path / name).write_bytes((folder / "model.safetensors").read_bytes()[:1000])
        with pytest.raises(WeightsError, match=rf"{name}: not a readable {kind}.*zoo_segmenter"):
            Sam2(weights=tmp_path / name, config=CONFIG)


HYDRA_JOB = """
import sys
import hydra
from tgs.segment.sam2 import build
if "early" in sys.argv:
    sys.argv.remove("early")
    build({config!r})
@hydra.main(version_base="1.3", config_path=None)
def main(cfg):
    build({config!r})
    from hydra.core.global_hydra import GlobalHydra
    assert GlobalHydra.instance().is_initialized()
    print("ran", cfg.key)
main()
"""


@pytest.mark.parametrize("early", [False, True])
def test_sam2_leaves_hydra_alone(tmp_path: Path, early: bool) -> None:
    """Inside a job, and with the package imported before `hydra.main` starts one."""
    script = tmp_path / "job.py"
    script.write_text(HYDRA_JOB.format(config=str(CONFIG)))
    command = [sys.executable, str(script), "+key=1", "hydra.run.dir=out", *(["early"] if early else [])]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert "ran 1" in done.stdout
