import hashlib
import json

import pytest
import torch

from tests.think.published.layout import SMALL, branch_shapes, filled, prefixed
from tgs.convert import main
from tgs.errors import ConfigError, WeightsError
from tgs.think.checkpoints import read_trained
from tgs.think.encoders.beats import Beats, BeatsConfig
from tgs.think.encoders.beats_weights import load_beats

BEATS = {
    "embed_dim": 16, "encoder_layers": 2, "encoder_embed_dim": 24, "encoder_ffn_embed_dim": 40,
    "encoder_attention_heads": 3, "conv_pos": 16, "conv_pos_groups": 4, "num_buckets": 32, "max_distance": 40,
    "relative_position_embedding": True, "gru_rel_pos": True, "deep_norm": True,
}  # fmt: skip


@pytest.fixture
def branch(tmp_path):
    state = prefixed("model.vl_projector.", filled(branch_shapes("video", 20, **SMALL), 1))
    torch.save({key: value.bfloat16() for key, value in state.items()}, tmp_path / "visual_pretrain.bin")
    return tmp_path / "visual_pretrain.bin"


def test_a_branch_keeps_its_precision_and_says_what_it_was_made_of(branch, tmp_path, capsys):
    main(["phase1", str(branch), "--to", str(tmp_path / "out")])
    manifest, state = read_trained(tmp_path / "out")
    assert {t.dtype for t in state.values()} == {torch.bfloat16}
    assert manifest["dtype"] == "bfloat16"
    assert manifest["source"] == [
        {
            "name": "visual_pretrain.bin",
            "sha256": hashlib.sha256(branch.read_bytes()).hexdigest(),
            "bytes": branch.stat().st_size,
        }
    ]
    assert (manifest["phase"], manifest["branch"], manifest["keys"]) == ("captions", "video", len(state))
    assert sum(map(len, manifest["passed_over"].values())) == 19
    told = capsys.readouterr().out
    assert "branch video" in told
    assert "passed over, BERT's head for masked words: 5 keys" in told
    main(["phase1", str(branch), "--to", str(tmp_path / "wide"), "--dtype", "float32"])
    assert {t.dtype for t in read_trained(tmp_path / "wide")[1].values()} == {torch.float32}


def test_what_is_there_is_replaced_only_if_asked_and_never_by_half(branch, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("kept")
    with pytest.raises(ConfigError, match=r"is there already.*--overwrite"):
        main(["phase1", str(branch), "--to", str(out)])
    broken = tmp_path / "broken.bin"
    broken.write_bytes(branch.read_bytes()[:4000])
    with pytest.raises(WeightsError, match="not a readable torch checkpoint"):
        main(["phase1", str(broken), "--to", str(out), "--overwrite"])
    assert [file.name for file in out.iterdir()] == ["mine.txt"]
    main(["phase1", str(branch), "--to", str(out), "--overwrite"])
    assert sorted(file.name for file in out.iterdir()) == ["manifest.json", "model.safetensors"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["broken.bin", "out", "visual_pretrain.bin"]


def test_numbers_that_are_none_are_refused(branch, tmp_path):
    state = torch.load(branch, weights_only=True)
    state["model.vl_projector.visual_ln.bias"][3] = float("nan")
    torch.save(state, branch)
    with pytest.raises(WeightsError, match=r"not finite in torch\.bfloat16: qformer\.norm\.bias"):
        main(["phase1", str(branch), "--to", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_beats_from_its_published_file(tmp_path):
    torch.manual_seed(0)
    model = Beats(BeatsConfig.from_published(BEATS)).eval()
    extra = {"predictor.weight": torch.ones(2, 24), "predictor.bias": torch.ones(2)}
    torch.save({"cfg": BEATS, "model": model.state_dict() | extra}, tmp_path / "beats.pt")
    main(["beats", str(tmp_path / "beats.pt"), "--to", str(tmp_path / "audio")])
    wave = torch.randn(1, 16000)
    with torch.no_grad():
        assert torch.equal(load_beats(tmp_path / "audio")(wave), model(wave))
    manifest = json.loads((tmp_path / "audio" / "manifest.json").read_text())
    assert manifest["source"][0]["name"] == "beats.pt"


def test_help_shows_how(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "convert phase2 checkpoint-551/finetune_weights.bin non_lora_trainables.bin" in capsys.readouterr().out
