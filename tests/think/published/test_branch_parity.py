from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.think.published.layout import FEATURES, PAPER, SMALL, STEMS, branch_shapes, filled, patch_features, prefixed
from tgs.think.projector import build_branch
from tgs.think.published.crab import read_crab
from tgs.weight_files import fit

GOLDEN = Path(__file__).parents[1] / "golden" / "branches.safetensors"
"""What `VLProjector` and `ALProjector` of TGS-Agent 4e144c9 answer under transformers 4.37.2 and torch 2.13.0, fp32,
on the weights and features of `layout`; at the paper's sizes every fourth query and every 64th number."""


def ours(name, features, heads, sizes, seed, tmp_path):
    state = filled(branch_shapes(name, features, **sizes), seed)
    torch.save(prefixed(f"model.{STEMS[name][0]}.", state), tmp_path / "pretrain.bin")
    found, mapped = read_crab(tmp_path / "pretrain.bin")
    assert found == name
    keep = {key: sizes[key] for key in ("width", "layers", "ffn", "queries", "out")}
    branch = build_branch(features, heads=heads, **keep).eval()
    fit(branch, mapped.state, "here")
    return branch


@pytest.mark.parametrize(("name", "features", "seed"), [("video", 20, 10), ("audio", 12, 20)])
def test_a_branch_equals_the_released_one_on_the_same_weights(name, features, seed, tmp_path):
    branch = ours(name, features, 2, SMALL, seed, tmp_path)
    with torch.no_grad():
        tokens = branch(patch_features(4, 6, features, seed + 1))
    assert float((tokens - load_file(GOLDEN)[f"small.{name}"]).abs().max()) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(("name", "patches", "seed"), [("video", 256, 30), ("audio", 48, 40)])
def test_so_it_does_at_the_papers_sizes(name, patches, seed, tmp_path):
    branch = ours(name, FEATURES[name], 12, PAPER, seed, tmp_path)
    with torch.no_grad():
        tokens = branch(patch_features(2, patches, FEATURES[name], seed + 1))
    assert float((tokens[:, ::4, ::64] - load_file(GOLDEN)[f"paper.{name}"]).abs().max()) < 1e-5
