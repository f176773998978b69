import pytest
import torch

from tgs.errors import ConfigError, DataError, WeightsError
from tgs.think.encoders.beats import Beats, BeatsConfig
from tgs.think.encoders.beats_weights import load_beats, save_beats
from tgs.think.encoders.relative_attention import bucket

SIZES = {
    "embed_dim": 16, "encoder_layers": 3, "encoder_embed_dim": 24, "encoder_ffn_embed_dim": 40,
    "encoder_attention_heads": 3, "conv_pos": 16, "conv_pos_groups": 4, "num_buckets": 32, "max_distance": 40,
    "relative_position_embedding": True, "gru_rel_pos": True, "deep_norm": True,
}  # fmt: skip


def fill_by_formula(parameters):
    """Give every parameter numbers that depend on nothing but its name's rank and its shape."""
    for rank, name in enumerate(sorted(parameters)):
        value = parameters[name]
        wave = torch.sin(1.3 * rank + 0.37 * torch.arange(value.numel(), dtype=torch.float64)).view(value.shape)
        scale = 0.1 if "norm" in name else 0.3
        value.data.copy_(scale * wave + (1.0 if "norm.weight" in name or "weight_g" in name else 0.0))


@pytest.fixture
def beats():
    model = Beats(BeatsConfig.from_published(SIZES)).eval()
    fill_by_formula(dict(model.named_parameters()))
    return model


PLACES = [(0, 0, 0), (0, 5, 7), (0, 47, 23), (1, 0, 0), (1, 20, 11), (1, 47, 1)]
"""Row, patch, channel."""


@pytest.mark.parametrize(
    ("change", "golden"),
    [
        ({}, [-0.006071, 0.075450, 1.271403, 0.064149, -0.492941, -0.483593]),
        ({"gru_rel_pos": False}, [-1.265384, 1.644192, 0.872492, -0.916303, -0.096540, 0.728676]),
        ({"relative_position_embedding": False}, [-0.771307, 0.924677, 1.184483, 0.171450, 0.316568, 0.542862]),
        ({"deep_norm": False}, [-0.931007, 0.016654, 1.559474, -0.777070, -0.348166, -0.297971]),
        ({"encoder_layers": 12, "conv_bias": True}, [-1.402406, 0.638679, 0.947208, -1.391509, -0.113696, 1.084065]),
        ({"embed_dim": 24}, [-0.826144, -0.642377, 1.964986, -0.870987, -0.184686, 0.734387]),
    ],
)
def test_features_equal_those_of_the_public_code(sweep, change, golden):
    """The released thinker's copy of BEATs (jasongief/TGS-Agent 4e144c9, models/beats) with the same weights, on
    torchaudio 2.11.0's fbank, with its padding mask, which marks nothing.

    Both on one machine differ by less than 1e-5; another processor's FFT rounds otherwise, and moved one by 3e-5."""
    model = Beats(BeatsConfig.from_published(SIZES | change)).eval()
    fill_by_formula(dict(model.named_parameters()))
    with torch.no_grad():
        features = model(torch.stack([sweep, 0.3 * sweep.flip(0)]))
    assert features.shape == (2, 48, 24)
    assert [float(features[place]) for place in PLACES] == pytest.approx(golden, abs=1e-4)


def test_patches_run_over_frequency_first():
    torch.manual_seed(0)
    model = Beats(BeatsConfig.from_published(SIZES)).eval()
    model.encoder = torch.nn.Identity()  # in which patches would see each other
    quiet = torch.zeros(1, 98, 128)
    late = quiet.clone()
    late[0, 80:96, 16:32] = 1.0  # last row of patches, second band: patch 5 * 8 + 1
    changed = (model.from_fbank(late) - model.from_fbank(quiet)).abs().sum(-1)[0] > 1e-6
    assert changed.nonzero().flatten().tolist() == [41]


def test_segments_of_a_clip_are_tenths(beats, sweep):
    wave = torch.cat([sweep, torch.zeros(16000)])
    with torch.no_grad():
        assert beats.segments(wave, 10).shape == (10, 8 * 1, 24)  # 3200 samples: 18 frames, one patch long
        assert torch.equal(beats.segments(wave, 2)[0], beats(sweep[None])[0])


def test_buckets_by_hand():
    # 8 buckets: 0..3 behind (0 and 1 exact, then logarithmic up to distance 16), 4..7 ahead.
    offsets = torch.tensor([0, -1, -2, -5, -6, -100, 1, 2, 100])
    assert bucket(offsets, 8, 16).tolist() == [0, 1, 2, 2, 3, 3, 5, 6, 7]


def test_every_weight_learns(beats):
    beats.from_fbank(torch.randn(2, 98, 128)).square().mul(torch.arange(24.0)).sum().backward()
    idle = [name for name, p in beats.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert idle == []


def test_too_short_a_segment_is_refused(beats):
    with pytest.raises(DataError, match=r"0\.175 s"):
        beats(torch.zeros(1, 2799))
    assert beats(torch.zeros(1, 2800)).shape == (1, 8, 24)


def test_sizes_that_do_not_divide_are_refused():
    with pytest.raises(ConfigError, match="encoder_attention_heads=5"):
        BeatsConfig(encoder_embed_dim=24, encoder_attention_heads=5)
    with pytest.raises(ConfigError, match="input_patch_size=12"):
        BeatsConfig(input_patch_size=12)


def test_a_folder_gives_the_same_encoder_back(beats, sweep, tmp_path):
    save_beats(beats, tmp_path, dtype=torch.float32)
    again = load_beats(tmp_path)
    assert not again.training
    assert not any(p.requires_grad for p in again.parameters())
    with torch.no_grad():
        assert torch.equal(again(sweep[None]), beats(sweep[None]))


def published(beats) -> dict:
    """The form of a published, fine-tuned checkpoint: every layer repeats the shared table, a classifier is there."""
    model = dict(beats.state_dict())
    table = model["encoder.layers.0.self_attn.relative_attention_bias.weight"]
    model |= {f"encoder.layers.{i}.self_attn.relative_attention_bias.weight": table for i in (1, 2)}
    model |= {"predictor.weight": torch.zeros(527, 24), "predictor.bias": torch.zeros(527)}
    cfg = SIZES | {"finetuned_model": True, "predictor_class": 527, "layer_norm_first": False, "activation_fn": "gelu"}
    return {"cfg": cfg, "model": model}


def test_a_published_file_loads(beats, sweep, tmp_path):
    torch.save(published(beats), tmp_path / "beats.pt")
    with torch.no_grad():
        assert torch.equal(load_beats(tmp_path / "beats.pt")(sweep[None]), beats(sweep[None]))


def test_published_defaults_fill_what_a_cfg_leaves_out():
    config = BeatsConfig.from_published({"encoder_layers": 4})
    assert (config.encoder_layers, config.deep_norm, config.gru_rel_pos, config.max_distance) == (4, False, False, 1280)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["model"].pop("layer_norm.bias"), r"1 missing: layer_norm\.bias"),
        (lambda c: c["model"].update(extra=torch.zeros(1)), "1 unexpected: extra"),
        (lambda c: c["cfg"].update(encoder_ffn_embed_dim=8), r"of another shape: .*fc1\.bias is \(40,\).*\(8,\)"),
        (lambda c: c["cfg"].update(layer_norm_first=True), "layer_norm_first=True"),
        (lambda c: c.pop("cfg"), "expected a dict with 'cfg' and 'model'"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(beats, tmp_path, change, message):
    content = published(beats)
    change(content)
    torch.save(content, tmp_path / "beats.pt")
    with pytest.raises(WeightsError, match=message):
        load_beats(tmp_path / "beats.pt")


def test_missing_and_damaged_files_say_what_to_do(tmp_path):
    with pytest.raises(WeightsError, match=r"audio: no such file.*experiment=zoo_audio"):
        load_beats(tmp_path / "audio")
    (tmp_path / "broken.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(WeightsError, match="not a readable torch checkpoint"):
        load_beats(tmp_path / "broken.pt")
    (tmp_path / "config.json").write_text('{"encoder_layer": 3}')
    with pytest.raises(WeightsError, match="encoder_layer"):
        load_beats(tmp_path)
