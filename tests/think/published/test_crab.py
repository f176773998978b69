import re

import pytest
import torch

from tests.think.published.layout import SMALL, STEMS, branch_shapes, filled, prefixed
from tgs.errors import WeightsError
from tgs.think.projector import build_branch
from tgs.think.published.crab import read_crab

PREFIX = "model.vl_projector."
QUERY = f"{PREFIX}visual_Qformer.bert.encoder.layer.1.attention.self.query.weight"


@pytest.fixture
def state():
    return prefixed(PREFIX, filled(branch_shapes("video", 20, **SMALL), 1))


def saved(state, tmp_path):
    torch.save(state, tmp_path / "visual_pretrain.bin")
    return tmp_path / "visual_pretrain.bin"


@pytest.mark.parametrize("name", ["video", "audio"])
@pytest.mark.parametrize("prefix", ["", "model.", "base_model.model.model."])
def test_a_branch_is_told_by_its_names_and_every_key_is_accounted_for(name, prefix, tmp_path):
    state = prefixed(f"{prefix}{STEMS[name][0]}.", filled(branch_shapes(name, 20, **SMALL), 1))
    found, mapped = read_crab(saved(state, tmp_path))
    sizes = {key: SMALL[key] for key in ("width", "layers", "ffn", "queries", "out")}
    own = build_branch(20, heads=2, **sizes).state_dict()
    assert found == name
    assert {key: value.shape for key, value in mapped.state.items()} == {key: t.shape for key, t in own.items()}
    passed = [key for keys in mapped.passed_over.values() for key in keys]
    assert len(mapped.state) + len(passed) == len(state)
    # two tables; six numbers of feed-forward in each of two layers; five of the head
    assert sorted(len(keys) for keys in mapped.passed_over.values()) == [2, 5, 12]
    assert not any("_query" in key or "attention" in key for key in passed)


def test_numbers_arrive_under_the_right_name(state, tmp_path):
    _, mapped = read_crab(saved(state, tmp_path))
    assert torch.equal(mapped.state["qformer.model.encoder.layer.1.attention.attention.query.weight"], state[QUERY])
    crossed = state[f"{PREFIX}visual_Qformer.bert.encoder.layer.0.crossattention.self.value.bias"]
    assert torch.equal(mapped.state["qformer.model.encoder.layer.0.crossattention.attention.value.bias"], crossed)
    assert torch.equal(mapped.state["qformer.queries_QD"], state[f"{PREFIX}visual_query_tokens"][0])
    assert torch.equal(mapped.state["projector.2.bias"], state[f"{PREFIX}visual_proj.2.bias"])


def test_the_language_models_tables_are_passed_over_by_name(state, tmp_path):
    more = {"model.embed_tokens.weight": torch.ones(3, 2), "lm_head.weight": torch.ones(3, 2)}
    _, mapped = read_crab(saved(state | more, tmp_path))
    assert {why.split(":")[0]: keys for why, keys in mapped.passed_over.items() if ":" in why} == {
        "word embeddings": ["model.embed_tokens.weight"],
        "head of the language model": ["lm_head.weight"],
    }


def test_every_missing_and_unexpected_key_is_named(state, tmp_path):
    gone = [key for key in state if "layer.1.attention" in key or key.endswith("proj.2.bias")]
    strange = [f"{PREFIX}visual_Qformer.bert.pooler.dense.weight", "model.seg_module.x", f"{QUERY}_scale"]
    file = saved({k: v for k, v in state.items() if k not in gone} | dict.fromkeys(strange, torch.ones(1)), tmp_path)
    with pytest.raises(WeightsError) as error:
        read_crab(file)
    assert all(key in str(error.value) for key in (*gone, *strange))
    assert re.search(r"11 missing: .*3 unexpected: .*--allow-partial", str(error.value))
    _, mapped = read_crab(file, allow_partial=True)
    assert (mapped.missing, mapped.unexpected) == (sorted(gone), sorted(strange))
    assert "qformer.norm.weight" in mapped.state
    assert "projector.2.bias" not in mapped.state


def test_foreign_files_are_refused(state, tmp_path):
    with pytest.raises(WeightsError, match="it holds neither"):
        read_crab(saved({"model.norm.weight": torch.ones(2)}, tmp_path), allow_partial=True)
    other = prefixed("model.al_projector.", filled(branch_shapes("audio", 12, **SMALL), 1))
    with pytest.raises(WeightsError, match=r"it holds model\.al_projector\., model\.vl_projector\."):
        read_crab(saved(state | other, tmp_path))
    with pytest.raises(WeightsError, match="expected tensors by name; it holds cfg"):
        read_crab(saved(state | {"cfg": {"a": 1}}, tmp_path))
    with pytest.raises(WeightsError, match="it holds nothing"):
        read_crab(saved({}, tmp_path))
    with pytest.raises(WeightsError, match="holds nothing of what was looked for"):
        read_crab(saved({"model.vl_projector.proj.weight": torch.ones(2)}, tmp_path), allow_partial=True)


def test_damaged_and_executable_files_are_refused(state, tmp_path):
    file = saved(state, tmp_path)
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(WeightsError, match="not a readable torch checkpoint"):
        read_crab(file)
    with pytest.raises(WeightsError, match="with other objects than tensors"):
        read_crab(saved(state | {"model": torch.nn.Linear(2, 2)}, tmp_path))
    with pytest.raises(WeightsError, match=r"no such file.*ahsgdxhs/Crab"):
        read_crab(tmp_path / "nowhere.bin")
