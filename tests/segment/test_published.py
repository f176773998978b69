"""SAM 2's published sizes and files: every shipped config, with random weights in the published layout."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from tgs.config.compose import CONF, register
from tgs.config.eval import EvalConfig
from tgs.errors import WeightsError
from tgs.segment.sam2 import POSTPROCESSING, Sam2, build, load

TINY = Path(__file__).parents[2] / "tgs" / "segment" / "configs" / "tiny.yaml"
SIZES = {"t": ("tiny", 38.9), "s": ("small", 46.0), "b+": ("base_plus", 80.8), "l": ("large", 224.4)}
"""Name in the file, and millions of weights, as published (facebookresearch/sam2, README)."""
ALL = [
    pytest.param(version, size, marks=[pytest.mark.slow] if size == "l" else [])
    for version in ("2", "2.1")
    for size in SIZES
]


def composed(name: str, folder: Path):
    register(EvalConfig)
    with initialize_config_dir(CONF, version_base="1.3"):
        return compose("eval", [f"segmenter={name}", f"paths.weights={folder}"]).segmenter


def write(model: torch.nn.Module, file: Path, **changes: torch.Tensor | None) -> Path:
    """As published: the state under "model". A change of None takes a key away."""
    state = {**model.state_dict(), **changes}
    torch.save({"model": {key: value for key, value in state.items() if value is not None}}, file)
    return file


@pytest.mark.parametrize(("version", "size"), ALL)
def test_a_published_file_loads_by_its_config(tmp_path: Path, version: str, size: str) -> None:
    cfg = composed(f"sam{version.replace('.', '')}_{size}", tmp_path)
    name, millions = SIZES[size]
    file = Path(cfg.weights)
    assert file == tmp_path / f"sam{version}_hiera_{name}.pt"
    torch.manual_seed(0)
    model = build(cfg.config)
    assert sum(weight.numel() for weight in model.parameters()) / 1e6 == pytest.approx(millions, abs=0.1)
    write(model, file)
    segmenter = instantiate(cfg)
    assert isinstance(segmenter, Sam2)
    assert segmenter.model.image_size == 1024
    for key, value in POSTPROCESSING.items():
        assert getattr(segmenter.model.sam_mask_decoder, key) == value
    loaded = segmenter.model.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in model.state_dict().items())


def test_the_paper_s_segmenter_is_the_large_one_of_2_1(tmp_path: Path) -> None:
    assert composed("paper", tmp_path) == composed("sam21_l", tmp_path)


def test_the_two_versions_do_not_fit_each_other(tmp_path: Path) -> None:
    """2.1 adds an embedding for an object that is away, and a projection of time."""
    old, new = (composed(name, tmp_path).config for name in ("sam2_t", "sam21_t"))
    state = build(new).state_dict()
    torch.save({"model": state}, tmp_path / "new.pt")
    with pytest.raises(WeightsError, match=r"new\.pt does not fit SAM2Base: 3 unexpected: no_obj_embed_spatial"):
        load(tmp_path / "new.pt", old)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"no_mem_embed": None}, r"1 missing: no_mem_embed\. "),
        ({"extra": torch.zeros(1)}, r"1 unexpected: extra\. "),
        ({"no_mem_embed": torch.zeros(1, 1, 5)}, r"1 of another shape: no_mem_embed is \(1, 1, 5\)"),
    ],
)
def test_a_published_layout_that_does_not_fit_is_refused(tmp_path: Path, changes, message: str) -> None:
    model = build(TINY)
    frames, boxes = np.zeros((1, 36, 64, 3), np.uint8), [[np.array([[5, 5, 30, 20]], np.float32)]]
    good = Sam2(weights=write(model, tmp_path / "good.pt"), config=TINY)
    assert good.segment(frames, boxes)[0].soft_NHW.shape == (1, 36, 64)
    with pytest.raises(WeightsError, match=rf"bad\.pt does not fit SAM2Base: {message}"):
        Sam2(weights=write(model, tmp_path / "bad.pt", **changes), config=TINY)


def test_a_state_that_lies_bare_is_refused(tmp_path: Path) -> None:
    torch.save(build(TINY).state_dict(), tmp_path / "bare.pt")
    with pytest.raises(WeightsError, match=r"bare\.pt: expected a dict with 'model', as it is published"):
        Sam2(weights=tmp_path / "bare.pt", config=TINY)
