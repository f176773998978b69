"""The catalogue: everything that a config can name is in it, and its facts hold against other sources."""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from tgs.config.compose import CONF, register
from tgs.config.doctor import DoctorConfig
from tgs.think.outline import part_checks
from tgs.weights.catalogue import CATALOGUE, WEIGHTS, entry_of, told_size
from tgs.weights.examine import PLACES, part_of_zoo
from tgs.zoo.parts import SHIPPED

register(DoctorConfig)
ROOT = Path("published")


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (Path(CONF) / group).glob("*.yaml"))


def named(*overrides: str) -> set[Path]:
    """Every place that a composed config names."""
    with initialize_config_dir(CONF, version_base="1.3"):
        cfg = compose("doctor", [f"paths.weights={ROOT}", *overrides])
    stages = {name: OmegaConf.to_container(cfg[name], resolve=True) for name in ("thinker", "grounder", "segmenter")}
    components = {
        Path(stages[name][key]) for name in ("grounder", "segmenter") for key in PLACES if key in stages[name]
    }
    return {one.place for one in part_checks(stages["thinker"])} | components


@pytest.mark.parametrize(
    "override",
    [f"{group}={name}" for group in ("scale", "thinker", "grounder", "segmenter") for name in options(group)],
)
def test_every_place_that_a_shipped_config_names_is_shipped_or_in_the_catalogue(override):
    lost = [place for place in named(override) if part_of_zoo(place, SHIPPED) is None and entry_of(place, ROOT) is None]
    assert lost == []


def test_the_scale_of_the_paper_names_these():
    assert {entry_of(place, ROOT).place for place in named("scale=paper")} == {
        "clip-vit-large-patch14", "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt", "Llama-2-7b-chat-hf",
        "phase1_visual", "phase1_audio", "groundingdino_swint_ogc.pth", "bert-base-uncased", "sam2.1_hiera_large.pt",
    }  # fmt: skip


def test_places_elsewhere_are_in_no_catalogue():
    assert entry_of(Path("elsewhere/Llama-2-7b-chat-hf"), ROOT) is None
    assert entry_of(ROOT / "my_llama", ROOT) is None
    assert entry_of(ROOT / "Llama-2-7b-chat-hf" / "tokenizer.json", ROOT).place == "Llama-2-7b-chat-hf"
    assert entry_of(ROOT / "groundingdino_swint_ogc", ROOT).of == ("groundingdino_swint_ogc.pth", "bert-base-uncased")


def test_sam_2_is_called_as_its_own_package_calls_it():
    """Read, not imported: the import initialises Hydra's global state."""
    source = (Path(find_spec("sam2").origin).parent / "build_sam.py").read_text()
    table = next(
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "HF_MODEL_ID_TO_FILENAMES"
    )
    published = {file: repository for repository, (_, file) in ast.literal_eval(table).items()}
    ours = {place: entry.repository for place, entry in CATALOGUE.items() if place.startswith("sam2")}
    assert ours == published
    assert all(CATALOGUE[place].files == (place,) for place in ours)


LLAMA = 2 * 32_000 * 4096 + 32 * (4 * 4096**2 + 3 * 4096 * 11_008 + 2 * 4096) + 4096
"""Numbers of Llama 2 7B: both word tables, 32 blocks (attention, feed-forward, two norms), the last norm."""


@pytest.mark.parametrize(
    ("place", "size"),
    [
        ("Llama-2-7b-chat-hf", 2 * LLAMA + 32 * 64 * 4),  # float16, and the float32 inverse frequencies of each block
        ("clip-vit-large-patch14", 4 * 427.6e6),  # numbers as their papers and pages state them, in float32
        ("BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt", 4 * 90.7e6),
        ("sam2.1_hiera_large.pt", 4 * 224.4e6),
        ("sam2.1_hiera_base_plus.pt", 4 * 80.8e6),
        ("sam2.1_hiera_small.pt", 4 * 46e6),
        ("sam2.1_hiera_tiny.pt", 4 * 38.9e6),
        ("sam2_hiera_large.pt", 4 * 224.4e6),
        ("sam2_hiera_base_plus.pt", 4 * 80.8e6),
        ("sam2_hiera_small.pt", 4 * 46e6),
        ("sam2_hiera_tiny.pt", 4 * 38.9e6),
    ],
)
def test_sizes_are_those_of_that_many_numbers(place, size):
    assert CATALOGUE[place].size == pytest.approx(size, rel=0.003)


def test_the_published_index_of_llama_states_its_size_to_the_byte():
    assert CATALOGUE["Llama-2-7b-chat-hf"].size == 2 * LLAMA + 32 * 64 * 4


def test_every_entry_can_be_had():
    """It is fetched, or made by steps of which each is a command of ours or a plain one; what it is made of is here."""
    commands = ("python -m tgs.", "cp -r ", "python -m zipfile ", "pip download ", "# ")
    for place, entry in CATALOGUE.items():
        assert entry.files if entry.repository else entry.steps, place
        assert all(step.startswith(commands) for step in entry.steps), place
        assert set(entry.of) <= set(CATALOGUE), place
        assert not entry.steps or entry.page or f"{WEIGHTS}/{place}" in entry.steps[0] + entry.steps[-1], place
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in entry.sha256.values()), place


def test_only_what_is_read_is_fetched():
    """No second copy of the weights in another format."""
    for entry in CATALOGUE.values():
        if not entry.is_file and entry.place != "TGS-Agent":
            assert not any(name.endswith((".bin", ".h5", ".msgpack", ".pth", "*")) for name in entry.files), entry.place


def test_sizes_are_told_and_what_is_not_known_is_said_to_be_so():
    assert told_size(13_476_839_424) == "13.5 GB"
    assert told_size(363_145_291) == "363.1 MB"
    assert told_size(None) == "not known"
    assert "size: not known, licence: not known; https://huggingface.co/Jinxing1" in CATALOGUE["TGS-Agent"].described
