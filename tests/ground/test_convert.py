"""A published checkpoint through both implementations of Grounding-DINO."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.ground.conftest import BERT, shake
from tgs.convert import main
from tgs.digest import digest_path
from tgs.errors import ConfigError, WeightsError
from tgs.ground.bound import KEY
from tgs.ground.convert import convert
from tgs.ground.groundingdino import build, quiet
from tgs.ground.hf import FILES, HfGrounder, to_pixels

FRAMES = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), dtype=np.uint8)
CAPTIONS = ("a red guitar.", "dog. cat.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, text: Path) -> Path:
    path = tmp_path_factory.mktemp("converted")
    convert(checkpoint, path, text)
    return path


def both(plain: torch.nn.Module, converted: HfGrounder, pixels_NCHW: torch.Tensor, caption: str) -> list[torch.Tensor]:
    """Logits of the caption's tokens and cxcywh boxes: first the published model's, then ours."""
    from groundingdino.util.misc import nested_tensor_from_tensor_list

    n, ids = len(pixels_NCHW), converted.tokens(caption)
    with torch.no_grad(), quiet():
        theirs = plain(nested_tensor_from_tensor_list(list(pixels_NCHW)), captions=[caption] * n)
        ours = converted.model(pixel_values=pixels_NCHW, input_ids=torch.tensor([ids] * n))
    assert torch.equal(theirs["pred_logits"].isinf(), ours.logits.isinf())  # of what is no token
    logits = [said[..., : len(ids)] for said in (theirs["pred_logits"], ours.logits)]
    return [*logits, theirs["pred_boxes"], ours.pred_boxes]


@pytest.mark.parametrize("caption", CAPTIONS)
def test_both_implementations_say_the_same(folder: Path, plain: torch.nn.Module, caption: str) -> None:
    converted = HfGrounder(weights=folder)
    pixels_NCHW = to_pixels(FRAMES, (64, 96), torch.device("cpu"))
    their_logits, logits, their_boxes, boxes = both(plain, converted, pixels_NCHW, caption)
    assert logits.shape[:2] == boxes.shape[:2] == (2, 8)
    assert logits.std() > 1
    assert boxes.std((0, 1)).max() > 0.05  # or equal boxes would prove nothing
    torch.testing.assert_close(logits, their_logits, rtol=0, atol=1e-4)
    torch.testing.assert_close(boxes, their_boxes, rtol=0, atol=1e-5)


def test_boxes_as_large_as_the_frame_are_bounded_as_published(
    plain: torch.nn.Module, text: Path, tmp_path: Path
) -> None:
    """Full width and no height: where the two implementations' bounds on a box's fractions tell."""
    large = copy.deepcopy(plain)
    with torch.no_grad():
        large.transformer.enc_out_bbox_embed.layers[-1].bias += torch.tensor([0.0, 0.0, 12.0, -6.0])
        large.bbox_embed[0].layers[-1].bias += torch.tensor([0.0, 0.0, -3.0, 3.0])  # and back
    torch.save({"model": large.state_dict()}, tmp_path / "large.pth")
    convert(tmp_path / "large.pth", tmp_path, text)
    pixels_NCHW = to_pixels(FRAMES, (64, 96), torch.device("cpu"))
    their_logits, logits, their_boxes, boxes = both(large, HfGrounder(weights=tmp_path), pixels_NCHW, CAPTIONS[0])
    torch.testing.assert_close(logits, their_logits, rtol=0, atol=1e-4)
    torch.testing.assert_close(boxes, their_boxes, rtol=0, atol=1e-5)

    config = json.loads((tmp_path / "config.json").read_text())
    assert config.pop(KEY) == 1e-3
    (tmp_path / "config.json").write_text(json.dumps(config))
    unbounded = both(large, HfGrounder(weights=tmp_path), pixels_NCHW, CAPTIONS[0])[3]
    assert (unbounded - their_boxes).abs().max() > 1e-4


def test_the_folder_holds_the_published_sizes(folder: Path, text: Path, plain: torch.nn.Module) -> None:
    assert {path.name for path in folder.iterdir()} == {*FILES, "manifest.json"}
    assert HfGrounder(weights=folder).size == {"shortest_edge": 800, "longest_edge": 1333}
    assert (folder / "tokenizer.json").read_bytes() == (text / "tokenizer.json").read_bytes()
    config = json.loads((folder / "config.json").read_text())
    expected = {
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_ffn_dim": 64,
        "num_queries": 8,
        "encoder_n_points": 4,
    }
    assert expected.items() <= config.items()
    assert config["text_config"] == BERT
    swin = config["backbone_config"]
    assert (swin["depths"], swin["num_heads"], swin["window_size"]) == ([2, 2, 6, 2], [3, 6, 12, 24], 7)
    state = load_file(folder / "model.safetensors")
    assert {value.dtype for value in state.values()} == {torch.float32}
    # the pooler (32 x 33) is gone; one norm (2 x 768) is new, which transformers never reads
    published = sum(weight.numel() for weight in plain.parameters())
    assert sum(value.numel() for value in state.values()) == published - 32 * 33 + 2 * 768


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("module.feat_map.bias"), r"weights\.pth.*: 1 missing: feat_map\.bias$"),
        (lambda s: s.pop("module.transformer.level_embed"), r"1 missing: transformer\.level_embed"),
        (lambda s: s.pop("module.transformer.decoder.layers.1.ca_text.in_proj_bias"), r"1\.ca_text\.in_proj_bias$"),
        (lambda s: s.update({"module.extra": torch.zeros(1)}), r"1 unexpected: extra$"),
        (lambda s: s.update({"module.backbone.0.norm1.bias": torch.zeros(5)}), r"of another shape: .*stage2.*\(5,\)"),
        (
            lambda s: s.update({"module.bbox_embed.1.layers.2.bias": torch.ones(4)}),
            r"bbox_embed\.\d\.layers\.2\.bias differs.*one box head",
        ),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(
    checkpoint: Path, text: Path, tmp_path: Path, change, message
) -> None:
    state = torch.load(checkpoint, weights_only=True)["model"]
    change(state)
    torch.save({"model": state}, tmp_path / "weights.pth")
    with pytest.raises(WeightsError, match=message):
        convert(tmp_path / "weights.pth", tmp_path / "out", text)
    assert not (tmp_path / "out").exists()


def test_missing_files_are_named(checkpoint: Path, text: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"tokenizer\.json: no such file.*bert-base-uncased"):
        convert(checkpoint, tmp_path / "out", tmp_path)
    with pytest.raises(WeightsError, match=r"none\.pth: no such file.*groundingdino_swint_ogc\.pth"):
        convert(tmp_path / "none.pth", tmp_path / "out", text)


@pytest.mark.slow
def test_swin_t_at_its_full_size(text: Path, tmp_path: Path) -> None:
    """bert-base-uncased's sizes, with a small vocabulary's tokenizer."""
    bert = {"model_type": "bert", "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12}
    for file in text.glob("tokenizer*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "config.json").write_text(json.dumps(bert))
    torch.manual_seed(0)
    plain = build(tmp_path)
    shake(plain)
    torch.save({"model": plain.state_dict()}, tmp_path / "swint.pth")
    convert(tmp_path / "swint.pth", tmp_path / "out", tmp_path)
    converted = HfGrounder(weights=tmp_path / "out")
    differences = []
    for seed in range(4):  # random numbers have near-ties among the 900 best places, which rounding may turn round
        frame_NHWC = np.random.default_rng(seed).integers(0, 256, (1, 192, 288, 3), np.uint8)
        pixels_NCHW = to_pixels(frame_NHWC, (192, 288), torch.device("cpu"))  # 900 queries need as many places
        their_logits, logits, their_boxes, boxes = both(plain, converted, pixels_NCHW, CAPTIONS[0])
        assert logits.shape[1] == 900
        differences.append(max(float((logits - their_logits).abs().max()), float((boxes - their_boxes).abs().max())))
    assert min(differences) < 1e-4, differences  # all 900 queries' logits and boxes of one frame, not by chance


def test_the_command_finds_the_text_encoder_and_replaces_nothing_unasked(
    checkpoint: Path, text: Path, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "swint.pth").symlink_to(checkpoint)
    (tmp_path / "bert-base-uncased").symlink_to(text)
    main(["grounder", str(tmp_path / "swint.pth"), "--to", str(tmp_path / "swint")])
    expected = [digest_path(folder / name) for name in FILES]
    assert [digest_path(tmp_path / "swint" / name) for name in FILES] == expected
    manifest = json.loads((tmp_path / "swint" / "manifest.json").read_text())
    assert [made["name"] for made in manifest["source"]] == ["swint.pth", "config.json", "tokenizer.json"]
    assert manifest["source"][0]["bytes"] == checkpoint.stat().st_size
    with pytest.raises(ConfigError, match="swint is there already"):
        main(["grounder", str(tmp_path / "swint.pth"), "--to", str(tmp_path / "swint")])
    (tmp_path / "swint" / "config.json").unlink()
    main(["grounder", str(tmp_path / "swint.pth"), "--text", str(text), "--to", str(tmp_path / "swint"), "--overwrite"])
    assert [digest_path(tmp_path / "swint" / name) for name in FILES] == expected
