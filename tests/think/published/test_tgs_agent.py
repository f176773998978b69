import json

import pytest
import torch
from safetensors.torch import save_file

from tests.think.published.layout import STEMS, branch_shapes, filled, lora_shapes, prefixed, stripped
from tgs.errors import ConfigError, WeightsError
from tgs.think.build import build_ref_thinker
from tgs.think.checkpoints import read_trained
from tgs.think.llm import random_llm, save_llm
from tgs.think.published.convert import convert_phase1, convert_phase2
from tgs.think.published.embedding_rows import RELEASED_TOKENS
from tgs.think.published.tgs_agent import read_tgs_agent
from tgs.think.tokens import SPECIAL_TOKENS

RANK, BASE = 2, "base_model.model."
ADAPTER = {
    "peft_type": "LORA", "r": RANK, "lora_alpha": 6, "lora_dropout": 0.05, "bias": "none", "use_rslora": False,
    "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj", "up_proj"],
}  # fmt: skip


@pytest.fixture
def settings(sizes, tokenizer, tmp_path):
    """A thinker on disk, its language model without special tokens, as Llama-2 comes."""
    torch.manual_seed(5)
    save_llm(random_llm(sizes.llm), tokenizer, tmp_path / "llm", dtype=torch.float32)
    return {
        "vision": {"random": sizes.vision, "layer": -1},
        "audio": {"random": sizes.audio},
        "qformer": sizes.qformer | {"queries": sizes.queries, "match_embeddings": False},
        "llm": {"path": "llm", "lora": {"rank": RANK, "alpha": 6, "dropout": 0.0}},
        "template": "brief",
        "max_new_tokens": 5,
        "weights": tmp_path,
        "branches": "random",
    }


@pytest.fixture
def released(sizes):
    """All that a released phase 2 learns, by its names, seeded."""
    words = sizes.llm["vocab_size"]
    shapes = {}
    for name, (module, _) in STEMS.items():
        own = {**{k: sizes.qformer[k] for k in ("width", "layers", "ffn")}, "out": 24, "words": 11, "places": 8}
        branch = branch_shapes(name, 16, queries=sizes.queries[name], **own)
        shapes |= prefixed(f"{BASE}model.{module}.", branch)
    shapes |= prefixed(BASE, lora_shapes(layers=2, width=24, ffn=48, rank=RANK))
    shapes |= dict.fromkeys((f"{BASE}model.embed_tokens.weight", f"{BASE}lm_head.weight"), (words + 21, 24))
    return filled(shapes, 3)


def is_lora(key):
    return ".lora_" in key


def is_table(key):
    return key.endswith(("embed_tokens.weight", "lm_head.weight"))


@pytest.fixture
def files(released, tmp_path):
    """As checkpoint-N and the end of a run hold them."""
    torch.save({k: v for k, v in released.items() if not is_table(k)}, tmp_path / "finetune_weights.bin")
    torch.save({k: v for k, v in released.items() if not is_lora(k)}, tmp_path / "non_lora_trainables.bin")
    return [tmp_path / "finetune_weights.bin", tmp_path / "non_lora_trainables.bin"]


@pytest.fixture
def adapter(released, tmp_path):
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(ADAPTER))
    save_file(stripped({k: v for k, v in released.items() if is_lora(k)}), folder / "adapter_model.safetensors")
    return folder


def logits(thinker, clip):
    features = thinker.encode([clip])
    prompt = "<video_start><video><video_end><audio_start><audio><audio_end> the dog"
    with torch.no_grad():
        return thinker.eval().loss(features, [prompt], ["<think> red guitar </think>"])


def test_released_weights_give_the_thinker_that_has_them(settings, released, files, clips, tmp_path):
    convert_phase2(files, tmp_path / "run", tmp_path / "llm")
    thinker = build_ref_thinker(**settings, checkpoint=tmp_path / "run")
    by_hand = build_ref_thinker(**settings, seed=9)
    with torch.no_grad():
        for name, parameter in by_hand.named_parameters():
            if name.startswith(("llm.model.layers", "llm.lm_head", "llm.model.embed")) and BASE + name[4:] in released:
                parameter.copy_(released[BASE + name[4:]])
            elif name.startswith("branches."):
                _, branch, rest = name.split(".", 2)
                module, stem = STEMS[branch]
                for ours, theirs in (
                    ("qformer.queries_QD", f"{stem}_query_tokens"),
                    ("qformer.norm", f"{stem}_ln"),
                    ("qformer.model.layernorm", f"{stem}_Qformer.bert.embeddings.LayerNorm"),
                    ("qformer.model.encoder", f"{stem}_Qformer.bert.encoder"),
                    ("projector", f"{stem}_proj"),
                    ("ion.attention", "ion.self"),
                ):
                    rest = rest.replace(ours, theirs)
                parameter.copy_(released[f"{BASE}model.{module}.{rest}"].view_as(parameter))
    by_hand.vision.load_state_dict(thinker.vision.state_dict())
    by_hand.audio.load_state_dict(thinker.audio.state_dict())
    for name, value in by_hand.state_dict().items():
        assert torch.equal(thinker.state_dict()[name], value), name
    assert torch.equal(logits(thinker, clips[0]), logits(by_hand, clips[0]))
    bare = build_ref_thinker(**settings)
    assert not torch.isclose(logits(thinker, clips[0]), logits(bare, clips[0]), rtol=1e-3)


def test_phase_1_then_the_adapter_alone(settings, released, adapter, tmp_path):
    for name, folder in (("vl_projector", "phase1_visual"), ("al_projector", "phase1_audio")):
        old = {k.removeprefix(BASE): v.bfloat16() for k, v in released.items() if name in k}
        torch.save(old, tmp_path / "pretrain.bin")
        convert_phase1(tmp_path / "pretrain.bin", tmp_path / folder)
    with pytest.raises(WeightsError, match=r"missing: .*vl_projector.*--allow-partial"):
        convert_phase2([adapter], tmp_path / "run", tmp_path / "llm")
    convert_phase2([adapter], tmp_path / "run", tmp_path / "llm", allow_partial=True)
    thinker = build_ref_thinker(**settings | {"branches": "phase1"}, checkpoint=tmp_path / "run")
    key = "model.layers.1.mlp.down_proj.lora_B.default.weight"
    assert torch.equal(thinker.llm.state_dict()[key], released[BASE + key])
    bias = released[f"{BASE}model.al_projector.audio_proj.2.bias"]
    assert torch.equal(thinker.branches["audio"].projector[2].bias, bias.bfloat16().float())
    with pytest.raises(WeightsError, match="missing: branches"):
        build_ref_thinker(**settings, checkpoint=tmp_path / "run")


def test_the_adapters_alpha_must_be_the_thinkers(settings, adapter, files, tmp_path):
    convert_phase2([adapter, files[1]], tmp_path / "run", tmp_path / "llm")
    assert read_trained(tmp_path / "run")[0]["lora"] == {"rank": RANK, "alpha": 6}
    build_ref_thinker(**settings, checkpoint=tmp_path / "run")
    other = settings | {"llm": {"path": "llm", "lora": {"rank": RANK, "alpha": 4, "dropout": 0.0}}}
    with pytest.raises(ConfigError, match=r"'alpha': 6.*thinker\.llm\.lora\.alpha=6"):
        build_ref_thinker(**other, checkpoint=tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target_modules": ["q_proj", "v_proj"]}, r"target_modules are \['q_proj', 'v_proj'\]"),
        ({"target_modules": "all-linear"}, "target_modules are 'all-linear'"),
        ({"use_rslora": True}, "use_rslora is True, ours False"),
        ({"bias": "all"}, "bias is 'all'"),
        ({"rank_pattern": {"q_proj": 4}}, "rank_pattern is"),
        ({"lora_alpha": None}, "lora_alpha None"),
    ],
)
def test_another_kind_of_lora_is_refused(settings, adapter, tmp_path, change, message):
    (adapter / "adapter_config.json").write_text(json.dumps(ADAPTER | change))
    with pytest.raises(WeightsError, match=message):
        read_tgs_agent([adapter], tmp_path / "llm", allow_partial=True)


def test_an_old_adapter_is_a_pickle(settings, released, adapter, tmp_path):
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"adapter_model\.bin: no such file"):
        read_tgs_agent([adapter], tmp_path / "llm", allow_partial=True)
    torch.save(stripped({k: v for k, v in released.items() if is_lora(k)}), adapter / "adapter_model.bin")
    found = read_tgs_agent([adapter], tmp_path / "llm", allow_partial=True)
    assert len(found.mapped.state) == 2 * 7 * 2  # layers, projections, A and B


def test_a_later_file_counts_and_it_is_said_so(settings, released, files, tmp_path):
    key = f"{BASE}model.vl_projector.visual_proj.0.bias"
    torch.save({k: v + (k == key) for k, v in released.items() if not is_lora(k)}, files[1])
    found = read_tgs_agent(files, tmp_path / "llm")
    assert torch.equal(found.mapped.state["branches.video.projector.0.bias"], released[key] + 1)
    assert found.replaced == {str(files[1]): sorted(k for k in released if not is_lora(k) and not is_table(k))}


def test_rows_go_where_the_tokenizer_has_their_tokens(settings, tokenizer, released, files, tmp_path):
    assert RELEASED_TOKENS == SPECIAL_TOKENS  # today; were ours reordered, rows would still go by token
    table = f"{BASE}model.embed_tokens.weight"
    words = len(released[table]) - 21
    tokenizer.add_tokens(["</s_object>", "<audio>"], special_tokens=True)
    tokenizer.save_pretrained(str(tmp_path / "llm"))
    ours = read_tgs_agent(files, tmp_path / "llm").mapped.state["llm.model.embed_tokens.weight"]
    # Ours: words, </s_object>, <audio>, then the 19 others in order.
    # Theirs: <audio> is the 7th of 21, </s_object> the 17th.
    assert torch.equal(ours[:words], released[table][:words])
    assert torch.equal(ours[words], released[table][words + 16])
    assert torch.equal(ours[words + 1], released[table][words + 6])
    assert torch.equal(ours[words + 2 : words + 8], released[table][words : words + 6])
    assert torch.equal(ours[words + 8], released[table][words + 7])
    assert torch.equal(ours[-1], released[table][-1])
    tokenizer.add_tokens(["unheard"])
    tokenizer.save_pretrained(str(tmp_path / "llm"))
    with pytest.raises(WeightsError, match=rf"has {words + 21} rows; the tokenizer has {words + 1} tokens"):
        read_tgs_agent(files, tmp_path / "llm")


def test_tables_may_be_left_out_but_not_one_of_them_forgotten(settings, released, files, tmp_path):
    found = read_tgs_agent(files, tmp_path / "llm", tables=False).mapped
    assert not any(is_table(key) for key in found.state)
    assert [keys for why, keys in found.passed_over.items() if "left out as asked" in why] == [
        [f"{BASE}lm_head.weight", f"{BASE}model.embed_tokens.weight"]
    ]
    assert not any(is_table(key) for key in read_tgs_agent(files[:1], tmp_path / "llm").mapped.state)
    torch.save({k: v for k, v in released.items() if "lm_head" not in k}, files[0])
    with pytest.raises(WeightsError, match=r"1 missing: base_model\.model\.lm_head\.weight"):
        read_tgs_agent(files[:1], tmp_path / "llm")


def test_every_missing_and_unexpected_key_is_named(settings, released, files, tmp_path):
    gone = [key for key in released if "layers.0.mlp" in key or "audio_ln" in key]
    strange = [
        f"{BASE}model.layers.0.mlp.up_proj.lora_B0.weight",  # Crab's several heads
        f"{BASE}model.layers.2.mlp.up_proj.lora_A.default.weight",  # a deeper language model
        f"{BASE}model.seg_module.x",
    ]
    torch.save(
        {k: v for k, v in released.items() if k not in gone} | dict.fromkeys(strange, torch.ones(2, 2)), files[0]
    )
    with pytest.raises(WeightsError) as error:
        read_tgs_agent(files[:1], tmp_path / "llm")
    assert f"{len(gone)} missing: " in str(error.value)
    assert "3 unexpected: " in str(error.value)
    assert all(key in str(error.value) for key in (*gone, *strange))
    found = read_tgs_agent(files[:1], tmp_path / "llm", allow_partial=True).mapped
    assert (found.missing, found.unexpected) == (sorted(gone), sorted(strange))


def test_other_sizes_are_refused_where_they_are_loaded(settings, files, sizes, tmp_path):
    convert_phase2(files, tmp_path / "run", tmp_path / "llm")
    other = settings | {"qformer": settings["qformer"] | {"queries": {"video": 4, "audio": 2}}}
    with pytest.raises(WeightsError, match=r"queries_QD is \(3, 16\), the model has \(4, 16\)"):
        build_ref_thinker(**other, checkpoint=tmp_path / "run")


def test_lora_of_two_ranks_is_refused(settings, released, files, tmp_path):
    key = f"{BASE}model.layers.0.mlp.up_proj.lora_A.default.weight"
    torch.save(released | {key: torch.ones(5, 24)}, files[0])
    with pytest.raises(WeightsError, match=r"several ranks, \[2, 5\]"):
        read_tgs_agent(files[:1], tmp_path / "llm")
