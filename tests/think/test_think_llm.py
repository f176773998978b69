import pytest
import torch

from tgs.errors import WeightsError
from tgs.think.llm import (
    add_lora,
    add_tokens,
    load_llm,
    load_tokenizer,
    merge_lora,
    random_llm,
    save_llm,
    word_embeddings,
)
from tgs.think.tokens import SPECIAL_TOKENS

IDS = torch.tensor([[1, 6, 9, 10]])


def test_special_tokens_follow_the_vocabulary_in_order(sizes, tokenizer):
    words = len(tokenizer)
    llm = random_llm(sizes.llm)
    assert add_tokens(llm, tokenizer) == 21
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS)) == list(range(words, words + 21))
    assert llm.get_input_embeddings().weight.shape == llm.lm_head.weight.shape == (words + 21, 24)
    assert tokenizer("a<think>dog</s_object>", add_special_tokens=False)["input_ids"] == [7, words + 9, 11, words + 16]


def test_new_embeddings_are_the_same_in_every_run_and_old_ones_stay(sizes, tokenizer):
    first, second = random_llm(sizes.llm), random_llm(sizes.llm)
    old = first.get_input_embeddings().weight.detach().clone()
    add_tokens(first, tokenizer)
    add_tokens(second, tokenizer)
    new = first.get_input_embeddings().weight
    assert torch.equal(new[: len(old)], old)
    assert torch.equal(new[len(old) :], second.get_input_embeddings().weight[len(old) :])
    assert float(new[len(old) :].detach().std()) == pytest.approx(sizes.llm["initializer_range"], rel=0.1)
    assert not torch.equal(new[len(old) :], first.lm_head.weight[len(old) :])


def test_a_model_that_knows_the_tokens_already_is_left_alone(llm, tokenizer):
    before = llm.lm_head.weight.detach().clone()
    assert add_tokens(llm, tokenizer) == 0
    assert torch.equal(llm.lm_head.weight, before)


@pytest.mark.parametrize("tied", [True, False])
def test_a_folder_gives_the_same_model_and_tokenizer_back(sizes, tokenizer, tmp_path, tied):
    llm = random_llm(sizes.llm | {"tie_word_embeddings": tied}).eval()
    add_tokens(llm, tokenizer)
    save_llm(llm, tokenizer, tmp_path, dtype=torch.float32)
    again, words = load_llm(tmp_path).eval(), load_tokenizer(tmp_path)
    assert torch.equal(again(IDS).logits, llm(IDS).logits)
    assert words.get_vocab() == tokenizer.get_vocab()
    assert (words.bos_token_id, words.eos_token_id, words.pad_token_id) == (1, 2, 0)
    assert load_llm(tmp_path, dtype=torch.bfloat16).lm_head.weight.dtype is torch.bfloat16


def test_incomplete_folders_say_what_is_missing(llm, tokenizer, tmp_path):
    with pytest.raises(WeightsError, match=r"config\.json: no such file.*zoo_llm"):
        load_llm(tmp_path)
    with pytest.raises(WeightsError, match=r"tokenizer\.json: no such file"):
        load_tokenizer(tmp_path)
    save_llm(llm, tokenizer, tmp_path, dtype=torch.float32)
    config = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(config.replace('"num_hidden_layers": 2', '"num_hidden_layers": 3'))
    with pytest.raises(WeightsError, match=r"missing_keys.*layers\.2"):
        load_llm(tmp_path)
    (tmp_path / "config.json").write_text(config)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match=str(tmp_path)):
        load_llm(tmp_path)


def test_lora_stands_beside_the_seven_layers_and_changes_nothing_at_first(llm):
    plain = llm(IDS).logits.detach()
    add_lora(llm, rank=2, alpha=4)
    learns = [name for name, p in llm.named_parameters() if p.requires_grad]
    assert len(learns) == 2 * 7 * 2  # two layers, seven projections, A and B
    assert all(".lora_" in name for name in learns)
    assert not any("lm_head" in name or "embed" in name for name in learns)
    assert torch.equal(llm.eval()(IDS).logits, plain)


def test_lora_adds_alpha_over_rank_times_b_a(llm):
    layer = llm.model.layers[0].mlp.up_proj
    x = torch.randn(3, 24)
    plain = layer(x).detach()
    add_lora(llm, rank=2, alpha=16)
    layer = llm.eval().model.layers[0].mlp.up_proj
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    torch.nn.init.normal_(b)
    assert torch.allclose(layer(x), plain + 8 * x @ a.T @ b.T, atol=1e-4)


def test_merging_answers_the_same(llm):
    add_lora(llm, rank=2)
    for name, parameter in llm.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    beside = llm.eval()(IDS).logits
    merge_lora(llm)
    assert torch.allclose(llm(IDS).logits, beside, atol=1e-4)


def test_lora_learns_in_full_precision_beside_half_precision_weights(llm):
    add_lora(llm.bfloat16())
    assert {p.dtype for p in llm.parameters() if p.requires_grad} == {torch.float32}
    assert llm.eval()(IDS).logits.dtype is torch.bfloat16


@pytest.mark.parametrize("tied", [True, False])
def test_only_the_rows_of_the_given_tokens_learn_beside_lora(sizes, tied):
    torch.manual_seed(0)
    llm = random_llm(sizes.llm | {"tie_word_embeddings": tied})
    before = llm(IDS).logits
    add_lora(llm, rank=2, tokens=[3, 5])
    torch.testing.assert_close(llm(IDS).logits, before)
    learns = {name: p for name, p in llm.named_parameters() if p.requires_grad and ".lora_" not in name}
    assert [p.shape[0] for p in learns.values()] == [2] if tied else [2, 2]
    assert all("trainable_tokens_" in name for name in learns)
    with torch.no_grad():
        for p in learns.values():
            p += 1.0
    after = word_embeddings(llm)(torch.arange(8)) - llm.get_input_embeddings().original_module(torch.arange(8))
    assert after.ne(0).any(dim=1).nonzero().flatten().tolist() == [3, 5]
