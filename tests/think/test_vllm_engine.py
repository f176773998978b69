"""vLLM as the thinker's engine: what it is given, what it is asked, and, where it is installed, what it answers."""

import gc
import json
import multiprocessing
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch

import tgs
from tests.think.conftest import make_clip
from tgs.errors import ConfigError
from tgs.think import vllm_engine
from tgs.think.build import build_ref_thinker
from tgs.think.encoders.beats import Beats, BeatsConfig
from tgs.think.encoders.beats_weights import save_beats
from tgs.think.encoders.clip import ClipEncoder, save_clip
from tgs.think.llm import add_lora, add_tokens, random_llm, save_llm, word_embeddings
from tgs.think.prompt import thought_prompt
from tgs.think.tokens import END_OF_THOUGHT, SPECIAL_TOKENS
from tgs.think.vllm_engine import VllmEngine, keep_merged

TEXTS = ["dog", "the red dog on the left", "a loud guitar"]
IDS = torch.tensor([[1, 6, 9, 20, 25, 10]])


class StandInForVllmsLLM:
    """Answers embeddings one by one, the plainest way, with plain transformers: no cache, no padding, no batch."""

    def __init__(self, **keywords):
        from transformers import AutoModelForCausalLM

        self.keywords, self.requests = keywords, []
        self.model = AutoModelForCausalLM.from_pretrained(keywords["model"], dtype=getattr(torch, keywords["dtype"]))
        self.model_config = SimpleNamespace(max_model_len=keywords.get("max_model_len", 512))

    @torch.no_grad()
    def generate(self, prompts, how, *, use_tqdm):
        self.requests.append((prompts, how))
        return [SimpleNamespace(outputs=[self._answer(prompt["prompt_embeds"], how)]) for prompt in prompts]

    def _answer(self, embeds_LD, how):
        ids, seen = [], []
        while len(ids) < how.max_tokens and not set(ids) & set(how.stop_token_ids):
            likely_V = self.model(inputs_embeds=embeds_LD[None]).logits[0, -1].log_softmax(-1)
            ids.append(int(likely_V.argmax()))
            seen.append({ids[-1]: SimpleNamespace(logprob=float(likely_V[ids[-1]]))})
            embeds_LD = torch.cat([embeds_LD, word_embeddings(self.model)(torch.tensor(ids[-1:]))])
        stopped = ids[-1] in how.stop_token_ids
        return SimpleNamespace(token_ids=tuple(ids), logprobs=seen, finish_reason="stop" if stopped else "length")


@pytest.fixture
def stand_in(monkeypatch):
    vllm = ModuleType("vllm")
    vllm.__spec__ = ModuleSpec("vllm", None)
    vllm.LLM, vllm.SamplingParams = StandInForVllmsLLM, SimpleNamespace
    monkeypatch.setitem(sys.modules, "vllm", vllm)


@pytest.fixture
def settings(sizes, llm, tokenizer, tmp_path):
    torch.manual_seed(5)
    save_clip(ClipEncoder(sizes.vision), tmp_path / "vision")
    save_beats(Beats(BeatsConfig(**sizes.audio)), tmp_path / "audio")
    save_llm(llm, tokenizer, tmp_path / "llm", dtype=torch.float32)
    return {
        "vision": {"path": "vision", "layer": -1}, "audio": {"path": "audio"},
        "qformer": sizes.qformer | {"dropout": 0.0, "queries": sizes.queries, "match_embeddings": True},
        "llm": {"path": "llm", "lora": {"rank": 2, "alpha": 4, "dropout": 0.0}},
        "template": "brief", "max_new_tokens": 12, "weights": tmp_path, "branches": "random",
    }  # fmt: skip


@pytest.fixture
def by_vllm(settings, tmp_path):
    return settings | {"engine": "vllm", "vllm": {"folder": tmp_path / "merged"}}


def taught(llm):
    """Adapters that do something."""
    torch.manual_seed(3)
    for name, parameter in llm.named_parameters():
        if "lora_B" in name or "trainable_tokens_" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    return llm.eval()


@pytest.mark.parametrize("tied", [True, False])
@torch.no_grad()
def test_the_kept_language_model_is_the_adapted_one_for_whoever_loads_it(sizes, tokenizer, tmp_path, tied):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(7)
    llm = random_llm(sizes.llm | {"tie_word_embeddings": tied}).eval()
    add_tokens(llm, tokenizer)
    plain = llm(IDS).logits
    new = [tokenizer.get_vocab()[token] for token in SPECIAL_TOKENS]
    add_lora(llm, rank=2, alpha=4, tokens=new)
    adapted = taught(llm)(IDS).logits
    assert (adapted - plain).abs().max() > 0.1
    folder = keep_merged(llm, tokenizer, tmp_path / "merged")
    found = AutoModelForCausalLM.from_pretrained(folder)
    assert type(found).__name__ == "LlamaForCausalLM"
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["LlamaForCausalLM"]
    torch.testing.assert_close(found(IDS).logits, adapted, atol=1e-4, rtol=0)
    torch.testing.assert_close(llm(IDS).logits, adapted, atol=1e-4, rtol=0)  # merged twice it would be another
    assert (
        AutoTokenizer.from_pretrained(folder)("a dog </s_object>")["input_ids"]
        == tokenizer("a dog </s_object>").input_ids
    )


def test_a_language_model_is_kept_once_by_what_it_holds(llm, tokenizer, tmp_path, monkeypatch):
    add_lora(llm, rank=2, alpha=4)
    first = keep_merged(llm, tokenizer, tmp_path)
    (first / "mark").write_text("still there")
    assert keep_merged(llm, tokenizer, tmp_path) == first
    assert (first / "mark").exists()
    with torch.no_grad():
        llm.lm_head.weight[3, 3] += 1e-3
    other = keep_merged(llm, tokenizer, tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([first, other])
    with torch.no_grad():
        llm.lm_head.weight[3, 3] -= 1

    def torn(llm, tokenizer, folder, *, dtype):
        (folder / "config.json").write_text("{}")
        raise OSError("disk full")

    monkeypatch.setattr(vllm_engine, "save_llm", torn)
    with pytest.raises(OSError, match="disk full"):
        keep_merged(llm, tokenizer, tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([first, other])


@pytest.mark.usefixtures("stand_in")
def test_thoughts_are_those_of_torch(settings, by_vllm, clips):
    plain, other = build_ref_thinker(**settings), build_ref_thinker(**by_vllm)
    features = plain.encode(clips)
    expected = plain.think_each(features, [TEXTS, [], TEXTS])
    assert len({thought.raw for thought in expected[0]}) == 3
    found = other.think_each(features, [TEXTS, [], TEXTS])
    assert found == expected
    doubts = [[thought.doubt for own in thoughts for thought in own] for thoughts in (found, expected)]
    assert doubts[0] == pytest.approx(doubts[1], abs=1e-5)


@pytest.mark.usefixtures("stand_in")
def test_what_vllm_is_given_and_asked(by_vllm, clips, tmp_path):
    by_vllm["vllm"] |= {"gpu_memory_utilization": 0.3}
    thinker = build_ref_thinker(**by_vllm)
    server = thinker.engine._llm
    (kept,) = (tmp_path / "merged").iterdir()
    assert server.keywords == {
        "model": str(kept), "dtype": "float32", "enable_prompt_embeds": True, "skip_tokenizer_init": True,
        "generation_config": "vllm", "gpu_memory_utilization": 0.3,
    }  # fmt: skip
    assert not hasattr(thinker.llm.model, "layers")  # torch keeps no second language model
    thinker.think(clips[0], TEXTS)
    ((prompts, how),) = server.requests
    vocabulary = thinker.tokenizer.get_vocab()
    assert vars(how) == {
        "temperature": 0.0, "max_tokens": 12, "stop_token_ids": sorted([2, vocabulary[END_OF_THOUGHT]]),
        "ignore_eos": True, "logprobs": 0, "detokenize": False,
    }  # fmt: skip
    for prompt, text in zip(prompts, TEXTS, strict=True):
        ids = thinker._ids([thought_prompt("brief", text)])[0]
        words_LD = word_embeddings(thinker.llm)(torch.tensor(ids))
        # 2 frames of 3 tokens and 2 seconds of 2 stand where one placeholder of each stood
        embeds_LD = prompt["prompt_embeds"]
        assert embeds_LD.shape == (len(ids) - 2 + 2 * 3 + 2 * 2, 24)
        assert torch.equal(embeds_LD[0], words_LD[0])
        tail = len(ids) - 1 - max(ids.index(vocabulary[token]) for token in ("<video>", "<audio>"))
        assert torch.equal(embeds_LD[-tail:], words_LD[-tail:])


@pytest.mark.usefixtures("stand_in")
def test_bfloat16_weights_are_asked_in_bfloat16(by_vllm, clips):
    thinker = build_ref_thinker(**by_vllm | {"llm": by_vllm["llm"] | {"dtype": "bfloat16"}})
    server = thinker.engine._llm
    assert server.keywords["dtype"] == "bfloat16"
    assert {value.dtype for value in server.model.state_dict().values()} == {torch.bfloat16}
    thinker.think(clips[0], TEXTS)
    assert {prompt["prompt_embeds"].dtype for prompt in server.requests[0][0]} == {torch.bfloat16}


@pytest.mark.usefixtures("stand_in")
def test_prompts_beyond_vllms_room_are_refused(by_vllm, clips):
    by_vllm["vllm"] |= {"max_model_len": 30}
    thinker = build_ref_thinker(**by_vllm)
    with pytest.raises(ConfigError, match=r"tokens and 12 new ones .* room for, 30: lower thinker\.max_new_tokens"):
        thinker.think(clips[0], TEXTS)


@pytest.mark.usefixtures("stand_in")
def test_the_engine_only_answers(by_vllm, clips):
    thinker = build_ref_thinker(**by_vllm)
    with pytest.raises(ConfigError, match=r"thinker\.engine=vllm only answers: train with thinker\.engine=torch"):
        thinker.loss(thinker.encode(clips[:1]), ["dog"], ["red"])


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"padding": "unmasked"}, r"asking\.padding=unmasked is torch's"),
        ({"llm": {"path": "llm", "quantize": "4bit"}}, r"thinker\.llm\.quantize=4bit is torch's"),
        ({"llm": {"path": "llm", "compile": True}}, r"thinker\.llm\.compile=True is torch's"),
        ({"llm": {"path": "llm", "attention": "eager"}}, r"thinker\.llm\.attention=eager is torch's"),
        ({"vllm": None}, r"needs thinker\.vllm\.folder, where merged language models are kept"),
    ],
)
def test_settings_that_vllm_would_pass_over_are_refused_before_anything_is_read(by_vllm, change, message):
    with pytest.raises(ConfigError, match=message):
        build_ref_thinker(**by_vllm | change | {"weights": Path("nowhere")})


@pytest.mark.usefixtures("stand_in")
def test_what_vllm_does_not_take_is_told(by_vllm):
    with pytest.raises(ConfigError, match=r"does not start with thinker\.vllm=.*multiple values .* 'dtype'"):
        build_ref_thinker(**by_vllm | {"vllm": by_vllm["vllm"] | {"dtype": "float16"}})


def test_without_vllm_the_engine_is_refused(by_vllm, monkeypatch):
    monkeypatch.setattr(vllm_engine, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"thinker\.engine=vllm needs vLLM: pip install vllm, in an environment"):
        build_ref_thinker(**by_vllm)


@pytest.mark.slow
@pytest.mark.timeout(500)
@pytest.mark.filterwarnings("ignore")  # vLLM's own
def test_real_vllm_thinks_what_torch_thinks(tmp_path):
    """With the shipped language model, whose heads of 32 vLLM's kernels for CPUs have, too."""
    pytest.importorskip("vllm", reason="an option, which make setup leaves out: it brings a torch of its own")
    zoo = Path(tgs.__file__).parent / "zoo"
    settings = {
        "vision": {"path": "vision", "layer": -1}, "audio": {"path": "audio"}, "weights": zoo, "branches": "phase1",
        "qformer": {
            "queries": {"video": 5, "audio": 4}, "width": 128, "layers": 2, "heads": 4, "ffn": 512, "dropout": 0.0,
            "init_std": 0.09, "match_embeddings": True,
        },
        "llm": {"path": "llm", "lora": {"rank": 2, "alpha": 4, "dropout": 0.0}}, "template": "brief",
        "max_new_tokens": 60,
    }  # fmt: skip
    texts = ["the bird", "the loud guitar on the left", "who barks"]
    options = {"folder": tmp_path, "enforce_eager": True, "kv_cache_memory_bytes": 2**28}
    plain = build_ref_thinker(**settings)
    other = build_ref_thinker(**settings, engine="vllm", vllm=options)
    assert isinstance(other.engine, VllmEngine)
    features = plain.encode([make_clip(seed, n=3, seconds=3.0) for seed in range(3)])
    expected, found = (thinker.think_each(features, [texts] * 3) for thinker in (plain, other))
    assert found == expected
    assert len({thought.raw for own in expected for thought in own}) > 3
    doubts = [[thought.doubt for own in thoughts for thought in own] for thoughts in (found, expected)]
    assert doubts[0] == pytest.approx(doubts[1], abs=1e-4)
    assert multiprocessing.active_children()
    del other
    gc.collect()
    assert not multiprocessing.active_children()  # a sweep's next checkpoint needs the device
