import numpy as np
import pytest
import torch

from tgs.atomic import write_json
from tgs.errors import ConfigError, DataError, WeightsError
from tgs.think.encoders.clip import ClipEncoder, load_clip, resize, save_clip
from tgs.weight_files import read_json, read_weights, write_weights


@pytest.fixture
def vision(sizes):
    return sizes.vision


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(0, 256, (3, 20, 36, 3), dtype=np.uint8)


def test_pixels_equal_those_of_the_published_processor(vision, frames):
    pixels = ClipEncoder(vision).normalise(torch.from_numpy(resize(frames, 16)))
    # Pillow's Image.resize((16, 16)), then transformers 5.23's CLIPImageProcessor for 16 x 16.
    golden = {
        (0, 0, 0, 0): -0.06965, (0, 1, 5, 7): 0.84425, (1, 2, 15, 15): 1.39223,
        (2, 0, 3, 12): 0.45590, (2, 1, 8, 0): -0.38639,
    }  # fmt: skip
    for (frame, channel, y, x), value in golden.items():
        assert float(pixels[frame, channel, y, x]) == pytest.approx(value, abs=1e-4)


def test_frames_of_the_right_size_are_left_alone():
    exact = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    assert np.array_equal(resize(exact, 16), exact)


@pytest.mark.parametrize(("layer", "block"), [(-1, 2), (-2, 1), (0, 0), (2, 2)])
def test_the_asked_hidden_state_is_read_without_its_class_token(vision, frames, layer, block):
    encoder = ClipEncoder(vision, layer=layer).eval()
    with torch.no_grad():
        states = encoder.model(
            pixel_values=encoder.normalise(torch.from_numpy(resize(frames, 16))), output_hidden_states=True
        ).hidden_states
        features = encoder(frames)
    assert features.shape == (3, 4, 16)
    assert torch.equal(features, states[block][:, 1:])


def test_of_24_blocks_the_default_is_the_last_of_the_released_list(vision, frames):
    """The released `feature_select` with [14, 22, 23] and "patch"; only the last entry reaches the thinker."""
    torch.manual_seed(0)
    encoder = ClipEncoder(vision | {"num_hidden_layers": 24}).eval()
    pixels = encoder.normalise(torch.from_numpy(resize(frames, 16)))
    with torch.no_grad():
        states = encoder.model(pixel_values=pixels, output_hidden_states=True).hidden_states
        released = [states[layer][:, 1:] for layer in (14, 22, 23)]
        assert len(states) == 25
        assert torch.equal(encoder(frames), released[-1])
        assert not torch.equal(released[-1], states[-1][:, 1:])
        for layer, expected in zip((14, 22, 23), released, strict=True):
            encoder.layer = layer
            assert torch.equal(encoder(frames), expected)


@pytest.mark.slow
def test_vit_l_14_at_its_full_size():
    """Sizes of openai/clip-vit-large-patch14's `vision_config`: 303.2 M weights, 256 patches of 1024."""
    vit = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
    encoder = ClipEncoder(vit | {"image_size": 224, "patch_size": 14}).eval()
    assert sum(weight.numel() for weight in encoder.parameters()) / 1e6 == pytest.approx(303.2, abs=0.1)
    with torch.no_grad():
        assert encoder(np.zeros((1, 36, 64, 3), np.uint8)).shape == (1, 256, 1024)


def test_a_hidden_state_that_does_not_exist_is_refused(vision):
    with pytest.raises(ConfigError, match=r"vision\.layer=3"):
        ClipEncoder(vision, layer=3)


@pytest.mark.parametrize("bad", [np.zeros((20, 36, 3), np.uint8), np.zeros((1, 20, 36, 3), np.float32)])
def test_what_is_no_frame_is_refused(vision, bad):
    with pytest.raises(DataError, match="uint8"):
        ClipEncoder(vision)(bad)


def test_a_folder_gives_the_same_encoder_back(vision, frames, tmp_path):
    encoder = ClipEncoder(vision, layer=-1).eval()
    save_clip(encoder, tmp_path, dtype=torch.float32)
    again = load_clip(tmp_path, layer=-1)
    assert not any(p.requires_grad for p in again.parameters())
    assert torch.equal(again(frames), encoder(frames))


def test_the_seeing_half_of_a_published_clip_loads(vision, frames, tmp_path):
    encoder = ClipEncoder(vision).eval()
    state = {f"vision_model.{k}": v for k, v in encoder.model.state_dict().items()}
    state |= {"text_model.final_layer_norm.bias": torch.zeros(4), "logit_scale": torch.zeros(1)}
    state |= {"vision_model.embeddings.position_ids": torch.arange(5)[None]}
    write_weights(tmp_path, state, dtype=torch.float32)
    write_json(tmp_path / "config.json", {"model_type": "clip", "vision_config": vision})
    assert torch.equal(load_clip(tmp_path)(frames), encoder(frames))


def test_folders_of_another_size_or_without_weights_are_refused(vision, tmp_path):
    with pytest.raises(WeightsError, match=r"config\.json: no such file.*zoo_vision"):
        load_clip(tmp_path)
    save_clip(ClipEncoder(vision), tmp_path)
    assert {t.dtype for t in read_weights(tmp_path / "model.safetensors", "").values()} == {torch.float16}
    sizes = read_json(tmp_path / "config.json", "")
    write_json(tmp_path / "config.json", sizes | {"intermediate_size": 8})
    with pytest.raises(WeightsError, match="6 of another shape"):  # two layers: fc1 weight and bias, fc2 weight
        load_clip(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"{}")
    with pytest.raises(WeightsError, match="not a readable safetensors file"):
        load_clip(tmp_path)
