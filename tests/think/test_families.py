"""Language models of other families than Llama, chosen by config alone, at random tiny size."""

import pytest
import torch
from torch.nn import functional as F

from tests.think.conftest import AUDIO, LLM, QFORMER, QUERIES, VISION, WORDS
from tgs.errors import ConfigError
from tgs.think.build import build_ref_thinker
from tgs.think.checkpoints import save_trained
from tgs.think.encoders.beats import Beats, BeatsConfig
from tgs.think.encoders.beats_weights import save_beats
from tgs.think.encoders.clip import ClipEncoder, save_clip
from tgs.think.generate import greedy
from tgs.think.llm import (
    LORA_TARGETS,
    add_tokens,
    check_family,
    check_llm,
    load_llm,
    random_llm,
    save_llm,
    word_embeddings,
)
from tgs.think.prompt import Template, thought_prompt

FAMILIES = {
    "llama": {},
    "llama3": {"model_type": "llama", "num_key_value_heads": 1, "rope_theta": 500000.0},
    "qwen2": {"model_type": "qwen2", "num_key_value_heads": 1},
    "qwen3": {"model_type": "qwen3", "num_key_value_heads": 1, "head_dim": 16, "tie_word_embeddings": True},
    "mistral": {"model_type": "mistral", "num_key_value_heads": 2, "sliding_window": None},
}
"""What each adds to the tiny sizes. SmolLM2 and Llama 3 are of type llama; Qwen2 has biases, Qwen3 norms of queries."""


@pytest.fixture(params=FAMILIES)
def family(request):
    return LLM | FAMILIES[request.param]


@pytest.fixture
def folder(family, tokenizer, tmp_path):
    """All parts on disk, the branches but for their random start."""
    torch.manual_seed(5)
    llm = random_llm(family).eval()
    add_tokens(llm, tokenizer)
    save_llm(llm, tokenizer, tmp_path / "llm", dtype=torch.float32)
    save_clip(ClipEncoder(VISION), tmp_path / "vision")
    save_beats(Beats(BeatsConfig(**AUDIO)), tmp_path / "audio")
    return tmp_path


def settings(folder, **llm):
    return {
        "vision": {"path": "vision", "layer": -1}, "audio": {"path": "audio"},
        "qformer": QFORMER | {"dropout": 0.0, "queries": QUERIES, "match_embeddings": True},
        "llm": {"path": "llm", "lora": {"rank": 2, "alpha": 4, "dropout": 0.0}} | llm,
        "template": "brief", "max_new_tokens": 5, "weights": folder, "branches": "random",
    }  # fmt: skip


def test_a_folder_says_its_own_family_and_gives_the_same_model_back(family, folder):
    llm = load_llm(folder / "llm").eval()
    assert llm.config.model_type == family.get("model_type", "llama")
    check_llm(folder / "llm")
    ids = torch.tensor([[1, 6, 9, 10]])
    assert torch.equal(llm(ids).logits, load_llm(folder / "llm").eval()(ids).logits)
    assert torch.equal(llm(ids).logits, load_llm(folder / "llm", attention="sdpa").eval()(ids).logits)
    eager = load_llm(folder / "llm", attention="eager").eval()
    assert eager.config._attn_implementation == "eager"
    assert torch.allclose(llm(ids).logits, eager(ids).logits, atol=1e-4)


def test_shared_prefix_and_cache_answer_as_the_plainest_loop(folder):
    llm = load_llm(folder / "llm").eval()
    prefixes_CLD = 0.4 * torch.randn(2, 7, 24, generator=torch.Generator().manual_seed(3))
    suffixes, prefix_of = [[4, 5, 10], [6, 7, 8, 9, 11, 12], [5]], [0, 1, 0]
    rows = greedy(llm, prefixes_CLD, prefix_of, suffixes, stop_ids=(), pad_id=0, max_new_tokens=8)
    for row, clip, suffix in zip(rows, prefix_of, suffixes, strict=True):
        ids = []
        for _ in range(8):
            with torch.no_grad():
                words = word_embeddings(llm)(torch.tensor([*suffix, *ids]))
                logits = llm(inputs_embeds=torch.cat([prefixes_CLD[clip], words])[None]).logits[0, -1]
            ids.append(int(logits.argmax()))
        assert row.ids == ids


def test_lora_learns_beside_all_seven_layers_and_comes_back(folder, clips, tmp_path):
    thinker = build_ref_thinker(**settings(folder))
    beside = {n.split(".lora_")[0].rpartition(".")[2] for n, p in thinker.llm.named_parameters() if p.requires_grad}
    assert beside == set(LORA_TARGETS)
    features = thinker.encode(clips)
    prompts, answers = [thought_prompt(Template.brief, "dog")] * 3, ["a red dog", "dog", "a"]
    learns = [p for p in thinker.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learns, lr=0.01)
    losses = []
    for _ in range(8):
        loss = thinker.loss(features, prompts, answers)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]
    save_trained(thinker, tmp_path / "run", {}, dtype=torch.float32)
    again = build_ref_thinker(**settings(folder), checkpoint=tmp_path / "run")
    with torch.no_grad():
        assert float(again.loss(features, prompts, answers)) == float(thinker.loss(features, prompts, answers))


NF4 = [-1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0, 0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626]
NF4 += [0.7230, 1.0]
"""4-bit NormalFloat. Source: Dettmers et al., QLoRA, 2023, appendix E, rounded."""


def test_four_bits_are_normal_floats_under_lora(folder, clips):
    bitsandbytes = pytest.importorskip("bitsandbytes", reason="an option, which make setup leaves out")
    plain = load_llm(folder / "llm").model.layers[0].mlp.up_proj.weight.detach()
    thinker = build_ref_thinker(**settings(folder, quantize="4bit"))
    packed = thinker.llm.model.layers[0].mlp.up_proj.base_layer.weight
    assert packed.dtype is torch.uint8
    assert packed.numel() == plain.numel() // 2
    blocks = plain.reshape(-1, 64)  # each with its largest value as a scale
    scales = blocks.abs().amax(dim=1, keepdim=True)
    nearest = (blocks[..., None] / scales[..., None] - torch.tensor(NF4)).abs().argmin(-1)
    expected = (torch.tensor(NF4)[nearest] * scales).reshape(plain.shape)
    found = bitsandbytes.functional.dequantize_4bit(packed.data, packed.quant_state).float()
    assert (found - expected).abs().max() < 0.02 * scales.max()  # the scales themselves are kept in 8 bits
    loss = thinker.loss(thinker.encode(clips), [thought_prompt(Template.brief, "dog")] * 3, ["dog", "red", "a"])
    loss.backward()
    learns = {name: p for name, p in thinker.llm.named_parameters() if p.requires_grad}
    assert learns
    assert all(".lora_" in name and p.dtype is torch.float32 for name, p in learns.items())
    assert all(float(p.grad.abs().sum()) > 0 for name, p in learns.items() if ".lora_B" in name)


def test_compiling_changes_no_name_of_a_weight(folder):
    plain, compiled = build_ref_thinker(**settings(folder)), build_ref_thinker(**settings(folder, compile=True))
    assert list(compiled.state_dict()) == list(plain.state_dict())


def test_a_row_begins_as_its_tokenizer_has_it(folder, tokenizer):
    thinker = build_ref_thinker(**settings(folder))
    assert thinker._ids(["a dog"])[0] == [1, 7, 11]
    thinker.tokenizer.bos_token = None  # as Qwen's
    without = type(thinker)(
        vision=thinker.vision, audio=thinker.audio, branches=thinker.branches, llm=thinker.llm,
        tokenizer=thinker.tokenizer, template="brief",
    )  # fmt: skip
    assert without._ids(["a dog"])[0] == [7, 11]


TURNS = "{% for m in messages %}the {{ m['content'] }} {% endfor %}{% if add_generation_prompt %}what{% endif %}"


def test_a_chat_template_stands_around_prompts_and_begins_the_row_itself(folder, clips):
    (folder / "llm" / "chat_template.jinja").write_text(TURNS)
    chatting = build_ref_thinker(**settings(folder), chat=True)
    the, what = WORDS.index("the"), WORDS.index("what")
    assert chatting._ids(["a dog"])[0] == [the, 7, 11, what]
    assert build_ref_thinker(**settings(folder))._ids(["a dog"])[0] == [1, 7, 11]
    features, prompt = chatting.encode(clips[:1]), thought_prompt(Template.brief, "dog")
    ids = torch.tensor(chatting._expanded(chatting._ids([prompt]), [features])[0])
    told = torch.tensor([WORDS.index("red"), 2])  # red, and the end
    with torch.no_grad():
        embeds = chatting._filled(word_embeddings(chatting.llm)(ids[None]), ids[None], [features])
        row = torch.cat([embeds[0], word_embeddings(chatting.llm)(told)])
        expected = F.cross_entropy(chatting.eval().llm(inputs_embeds=row[None]).logits[0, -3:-1], told)
        assert torch.allclose(chatting.loss(features, [prompt], ["red"]), expected, atol=1e-5)


def test_what_cannot_be_is_refused_by_name(folder, monkeypatch):
    with pytest.raises(ConfigError, match=r"thinker\.chat=true, but the tokenizer has no chat template"):
        build_ref_thinker(**settings(folder), chat=True)
    with pytest.raises(ConfigError, match=r"quantize=3bit: there is 4bit"):
        build_ref_thinker(**settings(folder, quantize="3bit"))
    with pytest.raises(ConfigError, match=r"attention=glance: there are eager, sdpa, flash_attention_2"):
        build_ref_thinker(**settings(folder, attention="glance"))
    monkeypatch.setattr("tgs.think.llm.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"quantize=4bit needs bitsandbytes: pip install bitsandbytes"):
        build_ref_thinker(**settings(folder, quantize="4bit"))
    (folder / "llm" / "chat_template.jinja").write_text(TURNS)
    with pytest.raises(ConfigError, match=r"chat form around Llama-2's: set thinker\.template=brief"):
        build_ref_thinker(**(settings(folder) | {"template": "released"}), chat=True)


def test_a_model_of_another_build_is_refused():
    gpt2 = {"model_type": "gpt2", "vocab_size": 20, "n_embd": 8, "n_layer": 1, "n_head": 1}
    with pytest.raises(ConfigError, match=r"GPT2LMHeadModel is not built like LLaMA: it has no model, q_proj"):
        random_llm(gpt2)
    with pytest.raises(ConfigError, match=r"thinker\.llm: .*lama4ever"):
        random_llm({"model_type": "lama4ever"})
    assert check_family(random_llm(LLM)) is not None
