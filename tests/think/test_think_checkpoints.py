import json

import pytest
import torch

from tgs.errors import WeightsError
from tgs.think.checkpoints import load_trained, save_trained
from tgs.think.llm import add_lora
from tgs.weight_files import fit, read_json, read_weights, write_weights


@pytest.fixture
def learner(thinker):
    """As in phase 2: LoRA and branches learn."""
    thinker.llm.requires_grad_(False)
    add_lora(thinker.llm, rank=2)
    return thinker


def scramble(module):
    for parameter in module.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter)


def trained(module):
    return {name: p.detach().clone() for name, p in module.named_parameters() if p.requires_grad}


def test_only_what_learns_is_written_and_comes_back(learner, tmp_path):
    scramble(learner)
    before = trained(learner)
    save_trained(learner, tmp_path / "run", {"scale": "tiny", "epoch": 3}, dtype=torch.float32)
    stored = read_weights(tmp_path / "run" / "model.safetensors", "")
    assert set(stored) == set(before)
    assert not any(name.startswith(("vision.", "audio.")) for name in stored)
    scramble(learner)
    manifest = load_trained(learner, tmp_path / "run")
    assert all(torch.equal(value, before[name]) for name, value in trained(learner).items())
    assert (manifest["scale"], manifest["epoch"], manifest["keys"]) == ("tiny", 3, len(before))


def test_the_manifest_says_what_was_trained(learner, tmp_path):
    save_trained(learner, tmp_path, {"scale": "tiny"})
    sizes = read_json(tmp_path / "manifest.json", "")["trained"]
    assert set(sizes) == {"lora", "branches.video", "branches.audio"}
    assert sizes["branches.audio"] == sum(p.numel() for p in learner.branches["audio"].parameters())


def test_files_are_half_precision_by_default(learner, tmp_path):
    branch = learner.branches["video"]
    save_trained(branch, tmp_path, {})
    assert {t.dtype for t in read_weights(tmp_path / "model.safetensors", "").values()} == {torch.float16}
    before = trained(branch)
    load_trained(branch, tmp_path)
    assert all(torch.allclose(value, before[name], rtol=1e-3, atol=1e-6) for name, value in trained(branch).items())
    assert {p.dtype for p in branch.parameters()} == {torch.float32}


def test_nothing_trainable_and_nothing_finite_are_refused(learner, tmp_path):
    branch = learner.branches["video"]
    with torch.no_grad():
        branch.projector[0].bias[0] = 1e6  # finite in float32, not in float16
    with pytest.raises(WeightsError, match=r"not finite in torch\.float16: projector\.0\.bias"):
        save_trained(branch, tmp_path, {})
    with pytest.raises(WeightsError, match="no parameter of Branch is trainable"):
        save_trained(branch.requires_grad_(False), tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def test_every_missing_and_unexpected_key_is_counted(learner, tmp_path):
    save_trained(learner.branches["video"], tmp_path, {"scale": "tiny"})
    with pytest.raises(WeightsError, match=r"scale 'tiny'.*\d+ missing: .*\d+ unexpected: norm|unexpected: ") as error:
        load_trained(learner, tmp_path)
    assert f"{len(trained(learner))} missing" in str(error.value)
    assert f"{len(trained(learner.branches['video']))} unexpected" in str(error.value)


def test_another_scale_is_named_and_nothing_is_copied(learner, sizes, tmp_path):
    from tgs.think.projector import build_branch

    small = build_branch(16, out=24, queries=2, **sizes.qformer)
    save_trained(small, tmp_path, {"scale": "small"})
    branch = learner.branches["video"]
    before = trained(branch)
    with pytest.raises(WeightsError, match=r"'small'.*1 of another shape: qformer.queries_QD is \(2, 16\).*\(3, 16\)"):
        load_trained(branch, tmp_path)
    assert all(torch.equal(value, before[name]) for name, value in trained(branch).items())


def test_what_need_not_be_there_may_be_absent(learner, tmp_path):
    lora = {name for name in trained(learner) if ".lora_" in name}
    learner.branches.requires_grad_(False)
    save_trained(learner, tmp_path, {})
    learner.branches.requires_grad_(True)
    with pytest.raises(WeightsError, match="missing: branches"):
        load_trained(learner, tmp_path)
    assert load_trained(learner, tmp_path, needed=lora)["trained"].keys() == {"lora"}


def test_two_runs_that_were_mixed_up_are_refused(learner, tmp_path):
    save_trained(learner.branches["video"], tmp_path, {})
    save_trained(learner.branches["audio"], tmp_path / "other", {})
    (tmp_path / "other" / "model.safetensors").replace(tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match=r"model\.safetensors is not the file that manifest\.json describes"):
        load_trained(learner.branches["video"], tmp_path)


def test_missing_foreign_and_damaged_folders_are_refused(learner, tmp_path):
    with pytest.raises(WeightsError, match=r"manifest\.json: no such file or folder\. Train it"):
        load_trained(learner, tmp_path, remedy="Train it")
    save_trained(learner, tmp_path, {})
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))
    with pytest.raises(WeightsError, match="format 99"):
        load_trained(learner, tmp_path)
    manifest.write_text("{")
    with pytest.raises(WeightsError, match="not readable as json"):
        load_trained(learner, tmp_path)
    manifest.write_text("[]")
    with pytest.raises(WeightsError, match="expected a json object, got list"):
        load_trained(learner, tmp_path)


def test_integers_keep_their_type(tmp_path):
    write_weights(tmp_path, {"count": torch.tensor([70000]), "x": torch.ones(1)})
    stored = read_weights(tmp_path / "model.safetensors", "")
    assert (stored["count"].item(), stored["x"].dtype) == (70000, torch.float16)
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]  # no half-written file is left


def test_fit_copies_into_the_modules_own_precision():
    layer = torch.nn.Linear(2, 1, bias=False).double()
    fit(layer, {"weight": torch.tensor([[1.0, 2.0]])}, "here")
    assert layer.weight.tolist() == [[1.0, 2.0]]
    assert layer.weight.dtype is torch.float64
