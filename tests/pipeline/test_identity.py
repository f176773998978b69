"""A stage's identity: whatever makes another output changes it, and nothing else does."""

import copy
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import OmegaConf

from tgs.config.compose import CONF, register
from tgs.config.eval import EvalConfig
from tgs.digest import files_below
from tgs.errors import WeightsError
from tgs.pipeline import identity
from tgs.pipeline.identity import (
    LIBRARIES,
    code_of,
    encoders_identity,
    files_of,
    grounder_identity,
    segmenter_identity,
    stage_identity,
    thinker_identity,
    thinker_paths,
    without,
)
from tgs.pipeline.store import Store
from tgs.think.outline import part_checks
from tgs.types import Padding

CPU = ("cpu", "32-true")
FILES = {
    "vision/model.safetensors": b"eye", "audio.pt": b"ear", "llm/config.json": b"{}", "llm/model.safetensors": b"mouth",
    "llm/tokenizer.json": b"words", "phase1_visual/model.safetensors": b"v", "phase1_visual/manifest.json": b"{v}",
    "phase1_audio/model.safetensors": b"a", "phase1_audio/manifest.json": b"{a}", "words/tokenizer.json": b"others",
    "export/model.safetensors": b"lora", "export/manifest.json": b"{l}", "detector.pth": b"box", "bert/vocab.txt": b"b",
    "detector.py": b"swin", "sam/model.safetensors": b"mask", "sam/config.yaml": b"tree", "hiera.yaml": b"hiera",
}  # fmt: skip
THINKER = {
    "_target_": "tgs.think.build.build_ref_thinker", "weights": "W", "branches": "phase1", "template": "brief",
    "vision": {"path": "vision", "layer": -1}, "audio": {"path": "audio.pt"}, "max_new_tokens": 200, "chat": False,
    "qformer": {"queries": {"video": 5, "audio": 4}, "width": 128, "dropout": 0.1, "match_embeddings": True},
    "llm": {
        "path": "llm", "dtype": "bfloat16", "lora": {"rank": 8, "alpha": 16, "dropout": 0.05}, "attention": None,
        "quantize": None, "compile": False, "gradient_checkpointing": False,
    },
    "wording": "train", "padding": "masked", "batch_rows": 32, "reading": "strict",
}  # fmt: skip
GROUNDER = {
    "_target_": "tgs.ground.groundingdino.GroundingDino", "weights": "W/detector.pth", "text": "W/bert",
    "config": "W/detector.py", "floor": 0.05, "short_px": 800,
}  # fmt: skip
SEGMENTER = {
    "_target_": "tgs.segment.sam2.Sam2", "weights": "W/sam/model.safetensors", "mode": "image", "batch_frames": 10,
    "batch_boxes": 32, "swap_channels": False, "size_px": None,
}  # fmt: skip
READ = {
    "thinker": {name for name in FILES if name.split("/")[0] in
                ("vision", "audio.pt", "llm", "phase1_visual", "phase1_audio", "export")},
    "grounder": {"detector.pth", "bert/vocab.txt", "detector.py"},
    "segmenter": {"sam/model.safetensors", "sam/config.yaml"},
}  # fmt: skip
IRRELEVANT = {
    "thinker": {"batch_rows", "qformer.dropout", "llm.lora.dropout", "llm.gradient_checkpointing"},
    "grounder": set(),
    "segmenter": {"batch_frames", "batch_boxes"},
}


@pytest.fixture
def weights(tmp_path):
    for name, content in FILES.items():
        file = tmp_path / "weights" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "weights"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def placed(settings, weights):
    """Settings with W as the folder of the weights."""
    at = {key: value.replace("W", str(weights), 1) for key, value in settings.items() if str(value)[:1] == "W"}
    return copy.deepcopy({**settings, **at})


def of(stage, settings, weights, store, numerics=CPU):
    settings = placed(settings, weights)
    if stage == "thinker":
        return thinker_identity(settings, weights / "export", numerics, store)
    return (grounder_identity if stage == "grounder" else segmenter_identity)(settings, numerics, store)


STAGES = pytest.mark.parametrize(
    ("stage", "settings"), [("thinker", THINKER), ("grounder", GROUNDER), ("segmenter", SEGMENTER)]
)


def leaves(settings, above=""):
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{key}.")
        else:
            yield above + key, value


def changed(settings, name, value):
    settings = copy.deepcopy(settings)
    *above, last = name.split(".")
    inner = settings
    for key in above:
        inner = inner[key]
    inner[last] = value
    return settings


@STAGES
def test_every_setting_counts_but_those_that_cannot_matter(stage, settings, weights, store):
    before = of(stage, settings, weights, store)
    assert len(before) == 16
    assert before == of(stage, dict(reversed(settings.items())), weights, store)
    same = set()
    for name, value in leaves(settings):
        if "W" in str(value) or name.endswith(".path"):
            continue  # places: their content counts, see below
        other = {bool: not value, type(None): 224}.get(type(value), f"{value}x" if isinstance(value, str) else 2)
        if of(stage, changed(settings, name, other), weights, store) == before:
            same.add(name)
    assert same == IRRELEVANT[stage]
    assert before != of(stage, {**settings, "new": 1}, weights, store)
    for numerics in (("cuda", "32-true"), ("cpu", "bf16-mixed"), ()):
        assert before != of(stage, settings, weights, store, numerics)


@STAGES
def test_a_changed_byte_of_any_file_that_is_read_counts_and_of_no_other(stage, settings, weights, store):
    before, counted = of(stage, settings, weights, store), set()
    for name in FILES:
        content = (weights / name).read_bytes()
        for i in range(len(content)):
            (weights / name).write_bytes(content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :])
            if of(stage, settings, weights, store) != before:
                counted.add((name, i))
        (weights / name).write_bytes(content)
    assert counted == {(name, i) for name in READ[stage] for i in range(len(FILES[name]))}
    assert of(stage, settings, weights, store) == before


def test_features_depend_on_the_frozen_encoders_alone(weights, store):
    def digest(settings, numerics=CPU):
        return encoders_identity(placed(settings, weights), numerics, store)

    before = digest(THINKER)
    plain = [name for name, value in leaves(THINKER) if isinstance(value, int) and not isinstance(value, bool)]
    assert {name for name in plain if digest(changed(THINKER, name, 77)) != before} == {"vision.layer"}
    assert digest({**THINKER, "branches": "random", "padding": "unmasked", "new": 1}) == before
    assert digest(THINKER, ("cuda", "32-true")) != before
    counted = set()
    for name in FILES:
        content = (weights / name).read_bytes()
        (weights / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        if digest(THINKER) != before:
            counted.add(name)
        (weights / name).write_bytes(content)
    assert counted == {name for name in FILES if name.split("/")[0] in ("vision", "audio.pt")}


@STAGES
def test_weights_that_moved_are_the_same(stage, settings, weights, store, tmp_path):
    before = of(stage, settings, weights, store)
    shutil.copytree(weights, tmp_path / "elsewhere" / "deeper")
    assert of(stage, settings, tmp_path / "elsewhere" / "deeper", Store(tmp_path / "other store")) == before
    weights.rename(tmp_path / "renamed")
    assert of(stage, settings, tmp_path / "renamed", store) == before
    with pytest.raises(WeightsError, match=r"no such file or folder.*python -m tgs.weights"):
        of(stage, settings, weights, store)


def test_parts_of_the_thinker_may_be_renamed_but_not_exchanged(weights, store):
    before = of("thinker", THINKER, weights, store)
    for old, new in (("llm", "Llama"), ("vision", "CLIP")):
        shutil.copytree(weights / old, weights / new)
        assert of("thinker", changed(THINKER, f"{old}.path", new), weights, store) == before
        absolute = str(weights / new)
        assert of("thinker", changed(THINKER, f"{old}.path", absolute), weights / ".", store) == before
    swapped = changed(changed(THINKER, "vision.path", "llm"), "llm.path", "vision")
    assert of("thinker", swapped, weights, store) != before
    other_words = changed(THINKER, "llm.tokenizer", "words")
    assert of("thinker", other_words, weights, store) != before


def test_the_batch_counts_where_padding_is_read(weights, store):
    for padding in (Padding.unmasked, "unmasked"):
        read = {**THINKER, "padding": padding}
        assert of("thinker", read, weights, store) != of("thinker", {**read, "batch_rows": 8}, weights, store)
    plain = {key: value for key, value in THINKER.items() if key != "padding"}
    assert of("thinker", plain, weights, store) == of("thinker", {**plain, "batch_rows": 8}, weights, store)


def test_another_engine_counts_but_not_where_it_keeps_its_language_models(weights, store, monkeypatch):
    before = of("thinker", THINKER, weights, store)
    vllm = {"folder": "here", "gpu_memory_utilization": 0.4}
    assert of("thinker", {**THINKER, "engine": "torch", "vllm": vllm}, weights, store) == before
    settings = {**THINKER, "engine": "vllm", "vllm": vllm}
    other = of("thinker", settings, weights, store)
    assert other != before
    for name, value in (("folder", "there"), ("gpu_memory_utilization", 0.9)):
        assert of("thinker", changed(settings, f"vllm.{name}", value), weights, store) == other
    assert of("thinker", changed(settings, "vllm.quantization", "fp8"), weights, store) != other
    monkeypatch.setattr(identity, "_version", lambda name: "9" if name == "vllm" else None)
    assert of("thinker", settings, weights, store) != other
    assert of("thinker", THINKER, weights, store) == before


def test_a_thinker_without_checkpoint_or_phase_1(weights, store):
    settings = placed(
        {**THINKER, "branches": "random", "qformer": {}, "llm": {**THINKER["llm"], "lora": None}}, weights
    )
    with_checkpoint = thinker_identity(settings, weights / "export", CPU, store)
    before = thinker_identity(settings, None, CPU, store)
    assert before != with_checkpoint
    shutil.rmtree(weights / "phase1_visual")
    shutil.rmtree(weights / "export")
    assert thinker_identity({**settings, "checkpoint": "anywhere"}, None, CPU, store) == before


@pytest.mark.parametrize("change", [{}, {"branches": "random"}, {"llm": {**THINKER["llm"], "tokenizer": "words"}}])
def test_the_thinker_s_files_are_those_that_are_checked(weights, change):
    settings = placed({**THINKER, **change}, weights)
    paths = thinker_paths(settings, weights / "export").values()
    checked = [check.place for check in part_checks(settings, weights / "export")]
    assert all(any(place.is_relative_to(path) for path in paths) for place in checked)
    assert all(any(place.is_relative_to(path) for place in checked) for path in paths)


def test_a_segmenter_s_folder_is_what_is_read_of_it(weights, store):
    before = of("segmenter", SEGMENTER, weights, store)
    assert of("segmenter", {**SEGMENTER, "weights": "W/sam"}, weights, store) == before
    own = of("segmenter", {**SEGMENTER, "config": "W/hiera.yaml"}, weights, store)
    packaged = of("segmenter", {**SEGMENTER, "config": "configs/sam2/sam2_hiera_t.yaml"}, weights, store)
    assert len({before, own, packaged}) == 3
    (weights / "sam" / "config.yaml").write_text("not read")
    assert of("segmenter", {**SEGMENTER, "config": "W/hiera.yaml"}, weights, store) == own


@pytest.fixture
def later(monkeypatch):
    """The clock is ten seconds ahead of that of the files, so that all are settled."""
    monkeypatch.setattr(identity, "time", SimpleNamespace(time=lambda: time.time() + 10))


@pytest.fixture
def read(monkeypatch):
    """Paths whose content was read."""
    read, digest_path = [], identity.digest_path

    def noted(path):
        read.append(path)
        return digest_path(path)

    monkeypatch.setattr(identity, "digest_path", noted)
    return read


@pytest.mark.usefixtures("later")
def test_files_are_read_once(weights, store, read):
    first = files_of(store, [weights / "llm", weights / "audio.pt"])
    assert len(read) == 2
    assert files_of(Store(store.folder), [weights / "llm", weights / "audio.pt"]) == first
    assert len(read) == 2
    (weights / "llm" / "README.md").write_text("a card")
    assert files_of(store, [weights / "llm"]) == first[:1]
    assert len(read) == 2
    (weights / "llm" / "more.json").write_text("{}")
    assert files_of(store, [weights / "llm"]) != first[:1]
    assert len(read) == 3


@pytest.mark.usefixtures("later")
def test_another_file_of_equal_size_and_date_is_read_again(weights, store):
    file = weights / "audio.pt"
    stat = file.stat()
    before = files_of(store, [file])
    file.write_bytes(b"eat")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert file.stat().st_mtime_ns == stat.st_mtime_ns
    assert files_of(store, [file]) != before


def test_what_was_written_just_now_is_not_remembered(weights, store, read):
    file = weights / "audio.pt"
    file.write_bytes(b"one")
    assert files_of(store, [file]) == files_of(store, [file])
    assert read == [file, file]
    assert not os.path.exists(store.folder)


@pytest.mark.usefixtures("later")
def test_what_changes_while_it_is_read_is_not_remembered(weights, store, monkeypatch):
    file, digest_path = weights / "audio.pt", identity.digest_path

    def disturbed(path):
        found = digest_path(path)
        path.write_bytes(b"longer")
        return found

    monkeypatch.setattr(identity, "digest_path", disturbed)
    files_of(store, [file])
    assert not os.path.exists(store.folder)


def test_settings_without_some():
    settings = {"a": {"b": {"c": 1, "d": 2}, "bc": 3}, "x": None, "ab": 4}
    assert without(settings, {"a.b.c", "x.y", "nowhere", "a.bc.z"}) == {**settings, "a": {"b": {"d": 2}, "bc": 3}}
    assert without(settings, {"a", "x"}) == {"ab": 4}
    assert settings["a"]["b"]["c"] == 1


def test_a_place_counts_by_the_setting_that_names_it(weights, store):
    def digest(paths):
        return stage_identity({"k": 1}, store=store, paths=paths, packages=("tgs.ground",))

    one, other = weights / "audio.pt", weights / "detector.pth"
    assert digest({"a": one, "b": other}) == digest({"b": other, "a": one})
    assert digest({"a": one, "b": other}) != digest({"a": other, "b": one})


def test_versions_of_libraries_count(monkeypatch):
    before = code_of("tgs.ground")
    assert before != code_of("tgs.segment")
    assert before == code_of("tgs.ground", "tgs.ground.base")
    for library in LIBRARIES:
        monkeypatch.setattr(identity, "_version", lambda name, library=library: "0" if name == library else None)
        other = code_of.__wrapped__("tgs.ground")
        monkeypatch.setattr(identity, "_version", lambda _: None)
        assert other != code_of.__wrapped__("tgs.ground")
    assert identity._version("no-such-library") is None
    with pytest.raises(ModuleNotFoundError):
        code_of("tgs.nowhere")


def test_every_line_of_a_package_s_code_counts_wherever_it_lies(tmp_path):
    package = Path(identity.__file__).parents[1]
    shutil.copytree(package, tmp_path / "a" / "tgs", ignore=shutil.ignore_patterns("*.safetensors", "__pycache__"))

    def asked(folder):
        ask = "from tgs.pipeline.identity import *; print(code_of('tgs.ground', 'tgs.types'), code_of('tgs.metrics'))"
        done = subprocess.run([sys.executable, "-c", ask], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout.split()

    before = asked(tmp_path / "a")
    assert before == [code_of("tgs.ground", "tgs.types"), code_of("tgs.metrics")]
    (tmp_path / "a").rename(tmp_path / "b")
    with (tmp_path / "b" / "tgs" / "metrics" / "protocols" / "__init__.py").open("a") as file:
        file.write("\n")
    (tmp_path / "b" / "tgs" / "ground" / "notes.md").write_text("no code")
    after = asked(tmp_path / "b")
    assert (after[0], after[1] == before[1]) == (before[0], False)


@pytest.fixture
def tiny():
    """Settings of the shipped stages, as an evaluation has them."""
    register(EvalConfig)
    with initialize_config_dir(CONF, version_base="1.3"):
        cfg = compose("eval", ["checkpoint=null"])
    return {name: OmegaConf.to_container(cfg[name], resolve=True) for name in ("thinker", "grounder", "segmenter")}


@pytest.mark.parametrize("stage", ["thinker", "grounder", "segmenter"])
def test_the_tiny_stages_are_built_of_nothing_else(stage, tiny, tmp_path, store):
    """What its identity looks at, copied elsewhere, is enough to build a stage; and it is the same there."""
    settings = tiny[stage]
    weights = Path(settings["weights"])
    read = {
        "thinker": lambda: list(thinker_paths(settings, None).values()),
        "grounder": lambda: [weights],
        "segmenter": lambda: [weights, weights.parent / "config.yaml"],
    }[stage]()
    zoo = weights if stage == "thinker" else weights.parent
    for file in (file for path in read for file in (files_below(path) if path.is_dir() else [path])):
        copied = tmp_path / "zoo" / file.relative_to(zoo)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copied)
    moved = {**settings, "weights": str(tmp_path / "zoo" / weights.relative_to(zoo))}
    instantiate(moved, _convert_="all")
    made_of = {
        "thinker": lambda one: thinker_identity(one, None, CPU, store),
        "grounder": lambda one: grounder_identity(one, CPU, store),
        "segmenter": lambda one: segmenter_identity(one, CPU, store),
    }[stage]
    assert made_of(moved) == made_of(settings)
