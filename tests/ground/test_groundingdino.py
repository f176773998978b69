"""The published detector's adapter, with a short transformer and random weights, against the package's own code."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tgs.errors import WeightsError
from tgs.ground.groundingdino import GroundingDino, build, load, quiet

FRAMES = np.random.default_rng(0).integers(0, 256, (2, 36, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def grounder(text: Path, config: Path, checkpoint: Path) -> GroundingDino:
    return GroundingDino(weights=checkpoint, text=text, config=config, floor=0.0, short_px=64, long_px=128)


def test_the_same_as_the_package_s_predict(grounder: GroundingDino, plain: torch.nn.Module) -> None:
    """`predict` takes one image and one caption, thresholds, and gives cxcywh fractions."""
    from groundingdino.util import inference
    from torchvision.ops import box_convert

    for caption in ("A red guitar", "dog. cat"):
        found = grounder.detect(FRAMES, [caption])[0]
        for frame, detections in zip(FRAMES, found, strict=True):
            pixels = grounder.to_pixels(frame[None])[0]
            with quiet():
                boxes, scores, _ = inference.predict(plain, pixels, caption, 0.0, 0.25, device="cpu")
            expected = box_convert(boxes, "cxcywh", "xyxy") * torch.tensor([64, 36, 64, 36])
            assert len(boxes) == 8
            np.testing.assert_allclose(detections.boxes_K4, expected, rtol=1e-4, atol=1e-3)
            np.testing.assert_allclose(detections.scores_K, scores, rtol=1e-4, atol=1e-6)


def test_captions_together_equal_captions_alone_and_share_the_backbone(grounder: GroundingDino) -> None:
    runs: list[int] = []
    read: list[int] = []
    hooks = [
        grounder.backbone.backbone.register_forward_hook(lambda *_: runs.append(1)),
        grounder.model.bert.encoder.register_forward_hook(
            lambda _, __, named, ___: read.append(len(named["input_ids"])), with_kwargs=True
        ),
    ]
    together = grounder.detect(FRAMES, ["dog", "a silent cat", "DOG."])
    for hook in hooks:
        hook.remove()
    assert (len(runs), read) == (1, [1, 1])
    for caption, expected in zip(["dog", "a silent cat", "dog"], together, strict=True):
        for one, other in zip(grounder.detect(FRAMES, [caption])[0], expected, strict=True):
            np.testing.assert_array_equal(one.scores_K, other.scores_K)
            np.testing.assert_array_equal(one.boxes_K4, other.boxes_K4)


def test_a_phrase_does_not_see_the_others(grounder: GroundingDino) -> None:
    """The mask and the restarting positions reach the BERT: a phrase reads the same alone and in company."""
    from groundingdino.models.GroundingDINO.bertwarper import generate_masks_with_special_tokens_and_transfer_map

    def features(caption: str) -> torch.Tensor:
        tokens = grounder.model.tokenizer([caption], return_tensors="pt")
        mask, positions, _ = generate_masks_with_special_tokens_and_transfer_map(tokens, [101, 102, 1012, 1029], None)
        with torch.no_grad():
            said = grounder.model.bert(input_ids=tokens["input_ids"], attention_mask=mask, position_ids=positions)
        return said["last_hidden_state"][0]

    alone, company = features("red guitar."), features("a dog. red guitar. cat.")
    torch.testing.assert_close(alone[1:4], company[4:7])
    assert not torch.allclose(features("guitar red.")[1:4], alone[1:4])


@pytest.mark.slow
def test_the_published_config_is_the_default(text: Path) -> None:
    model = build(text, num_queries=8, enc_layers=1, dec_layers=1, dim_feedforward=64)
    assert (model.num_feature_levels, model.num_queries, model.hidden_dim) == (4, 8, 256)


def test_the_image_size_is_the_published_one(grounder: GroundingDino) -> None:
    from torchvision.transforms import functional

    pixels = grounder.to_pixels(FRAMES[:1])
    expected = functional.to_tensor(functional.resize(Image.fromarray(FRAMES[0]), [64, 113]))
    expected = functional.normalize(expected, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    assert pixels.shape == (1, 3, 64, 113)  # int(64 * 64 / 36)
    torch.testing.assert_close(pixels[0], expected)


def test_missing_or_wrong_files_are_named(
    text: Path, config: Path, checkpoint: Path, plain: torch.nn.Module, tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match=r"groundingdino_swint_ogc\.pth"):
        GroundingDino(weights=tmp_path / "none.pth", text=text, config=config)
    with pytest.raises(WeightsError, match="bert-base-uncased"):
        GroundingDino(weights=checkpoint, text=tmp_path, config=config)
    state = torch.load(checkpoint, weights_only=True)["model"]
    state.pop("module.feat_map.bias")
    torch.save({"model": state}, tmp_path / "weights.pth")
    with pytest.raises(WeightsError, match=r"1 missing: feat_map\.bias"):
        load(plain, tmp_path / "weights.pth")
    (tmp_path / "cut.pth").write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(WeightsError, match=r"cut\.pth: not a readable torch checkpoint.*tgs\.weights grounder=paper"):
        load(plain, tmp_path / "cut.pth")
    torch.save(state, tmp_path / "bare.pth")
    with pytest.raises(WeightsError, match=r"bare\.pth: expected a dict with 'model'"):
        load(plain, tmp_path / "bare.pth")
