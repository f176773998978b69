import pytest
import torch

from tgs.errors import ConfigError, WeightsError
from tgs.think.build import build_ref_thinker
from tgs.think.checkpoints import save_trained
from tgs.think.encoders.beats import Beats, BeatsConfig
from tgs.think.encoders.beats_weights import save_beats
from tgs.think.encoders.clip import ClipEncoder, save_clip
from tgs.think.llm import save_llm, word_embeddings
from tgs.think.prompt import Template, thought_prompt
from tgs.think.tokens import SPECIAL_TOKENS
from tgs.types import ThoughtStatus


@pytest.fixture
def settings(sizes, llm, tokenizer, tmp_path):
    """All parts on disk, as the zoo writes them, but no trained branches."""
    torch.manual_seed(5)
    save_clip(ClipEncoder(sizes.vision), tmp_path / "vision")
    save_beats(Beats(BeatsConfig(**sizes.audio)), tmp_path / "audio")
    save_llm(llm, tokenizer, tmp_path / "llm", dtype=torch.float16)
    return {
        "vision": {"path": "vision", "layer": -1},
        "audio": {"path": "audio"},
        "qformer": sizes.qformer | {"queries": sizes.queries, "match_embeddings": True},
        "llm": {"path": "llm", "lora": {"rank": 2, "alpha": 4, "dropout": 0.0}},
        "template": "brief",
        "max_new_tokens": 5,
        "weights": tmp_path,
        "branches": "random",
    }


def test_parts_from_a_folder(settings, clips):
    thinker = build_ref_thinker(**settings)
    assert {p.dtype for p in thinker.parameters()} == {torch.float32}
    learns = {n.split(".")[0] for n, p in thinker.named_parameters() if p.requires_grad}
    assert learns == {"branches", "llm"}
    assert (thinker.branches["video"].queries, thinker.branches["audio"].queries) == (3, 2)
    features = thinker.encode(clips)
    with torch.no_grad():
        tokens = thinker.branches["video"](features.video_BNPD[0])
    words = word_embeddings(thinker.llm).weight.detach()
    assert float(tokens.std() / words.std()) == pytest.approx(1.0, rel=0.35)
    assert thinker.think(clips[0], ["dog"])[0].status in set(ThoughtStatus)


def test_the_same_seed_gives_the_same_random_parts_and_leaves_the_callers_alone(settings):
    torch.manual_seed(11)
    expected = torch.rand(1)
    torch.manual_seed(11)
    one = build_ref_thinker(**settings)
    assert torch.equal(torch.rand(1), expected)
    two, three = build_ref_thinker(**settings), build_ref_thinker(**settings, seed=1)
    queries = [thinker.branches["audio"].qformer.queries_QD for thinker in (one, two, three)]
    assert torch.equal(queries[0], queries[1])
    assert not torch.equal(queries[0], queries[2])


def test_random_weights_only_where_they_are_asked_for(settings, sizes):
    random = settings | {
        "vision": {"random": sizes.vision, "layer": -1},
        "audio": {"random": sizes.audio},
        "llm": {"random": sizes.llm, "tokenizer": "llm", "dtype": "bfloat16"},
    }
    thinker = build_ref_thinker(**random)
    assert thinker.llm.dtype is torch.bfloat16
    assert {n.split(".")[0] for n, p in thinker.named_parameters() if p.requires_grad} == {"branches"}
    with pytest.raises(WeightsError, match=r"phase1_visual/manifest\.json: no such file.*experiment=phase1_visual"):
        build_ref_thinker(**settings | {"branches": "phase1"})


def test_the_layer_of_the_eye_is_a_setting(settings):
    assert build_ref_thinker(**settings | {"vision": {"path": "vision"}}).vision.layer == -2
    assert build_ref_thinker(**settings | {"vision": {"path": "vision", "layer": 1}}).vision.layer == 1


def test_phase_1_then_phase_2(settings, tmp_path):
    first = build_ref_thinker(**settings, seed=1)
    save_trained(first.branches["video"], tmp_path / "phase1_visual", {"scale": "tiny"}, dtype=torch.float32)
    save_trained(first.branches["audio"], tmp_path / "phase1_audio", {"scale": "tiny"}, dtype=torch.float32)
    second = build_ref_thinker(**settings | {"branches": "phase1"}, seed=2)
    for name, value in first.branches.state_dict().items():
        assert torch.equal(second.branches.state_dict()[name], value)

    for parameter in second.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.1)
    save_trained(second, tmp_path / "run", {"scale": "tiny"}, dtype=torch.float32)
    third = build_ref_thinker(**settings, checkpoint=tmp_path / "run", seed=3)
    for name, value in second.state_dict().items():
        assert torch.equal(third.state_dict()[name], value), name


def test_a_run_that_left_the_branches_alone_needs_those_of_phase_1(settings, tmp_path):
    thinker = build_ref_thinker(**settings)
    save_trained(thinker.branches["video"], tmp_path / "phase1_visual", {})
    save_trained(thinker.branches["audio"], tmp_path / "phase1_audio", {})
    thinker.branches.requires_grad_(False)
    save_trained(thinker, tmp_path / "run", {"scale": "tiny"})
    with pytest.raises(WeightsError, match="missing: branches"):
        build_ref_thinker(**settings, checkpoint=tmp_path / "run")
    build_ref_thinker(**settings | {"branches": "phase1"}, checkpoint=tmp_path / "run")


@pytest.mark.parametrize("part", ["vision", "audio", "llm"])
def test_a_missing_part_says_how_to_make_it(settings, part):
    with pytest.raises(WeightsError, match=f"nowhere.*no such file or folder.*experiment=zoo_{part}"):
        build_ref_thinker(**settings | {part: {"path": "nowhere"}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vision": {"layer": -1}}, r"thinker\.vision: set exactly one of `path` and `random`"),
        ({"audio": {"path": "audio", "random": {}}}, r"thinker\.audio: set exactly one"),
        ({"audio": {"path": "audio", "layer": 1}}, r"thinker\.audio: unknown settings \['layer'\]"),
        ({"llm": {"path": "llm", "quantise": 4}}, r"thinker\.llm: unknown settings \['quantise'\]"),
        ({"llm": {"random": {}}}, "random weights need `tokenizer`"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, change, message):
    with pytest.raises(ConfigError, match=message):
        build_ref_thinker(**settings | change)


def test_an_unknown_size_of_the_qformer_is_refused(settings):
    with pytest.raises(ConfigError, match=r"qformer: unknown settings \['depth'\]"):
        build_ref_thinker(**settings | {"qformer": settings["qformer"] | {"depth": 2}})


def test_gradient_checkpointing_changes_no_gradient(settings, clips):
    grads = []
    for on in (False, True):
        thinker = build_ref_thinker(**settings | {"llm": settings["llm"] | {"gradient_checkpointing": on}})
        assert thinker.llm.is_activation_checkpointing == on
        thinker.train()
        thinker.branches.eval()  # no dropout, which would differ
        features = thinker.encode(clips[:1])
        prompt = "<video_start><video><video_end> dog"
        thinker.loss(features, [prompt], ["red"]).backward()
        grads.append(thinker.branches["video"].projector[0].weight.grad)
    assert torch.allclose(grads[0], grads[1], atol=1e-6)
    assert grads[0].abs().sum() > 0


def test_learnt_rows_of_the_special_tokens_come_back(settings, clips, tmp_path):
    lora = settings["llm"]["lora"] | {"new_tokens": True}
    settings = settings | {"llm": settings["llm"] | {"lora": lora}}
    thinker = build_ref_thinker(**settings)
    rows = {name: p for name, p in thinker.named_parameters() if "trainable_tokens_" in name}
    assert {len(p) for p in rows.values()} == {len(SPECIAL_TOKENS)}
    with torch.no_grad():
        for p in rows.values():
            p += 0.5
    save_trained(thinker, tmp_path / "run", {}, dtype=torch.float32)
    again = build_ref_thinker(**settings, checkpoint=tmp_path / "run")
    features = thinker.encode(clips)
    prompts, answers = [thought_prompt(Template.brief, "dog")] * len(clips), ["<think> a </think>"] * len(clips)
    with torch.no_grad():
        losses = [float(one.eval().loss(features, prompts, answers)) for one in (thinker, again)]
        fresh = float(build_ref_thinker(**settings).eval().loss(features, prompts, answers))
    assert losses[0] == losses[1] != fresh
    assert again.think(clips[0], ["dog"])[0].status in set(ThoughtStatus)
