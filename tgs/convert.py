"""Published weights, once, into folders that tgs loads: safetensors, with a manifest of what they were made of.

CLIP and language models come as such folders from the hub: they need no conversion. A GGUF file does.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from rich.console import Console

from tgs.command_line import parser_of, run
from tgs.errors import ConfigError

DTYPES = ("float32", "bfloat16", "float16")
_EXAMPLES = """examples:
  python -m tgs.convert phase1 visual_pretrain.bin --to WEIGHTS/phase1_visual
  python -m tgs.convert phase1 audio_pretrain.bin --to WEIGHTS/phase1_audio
  python -m tgs.convert phase2 checkpoint-551/finetune_weights.bin non_lora_trainables.bin \\
      --llm WEIGHTS/Llama-2-7b-chat-hf --to WEIGHTS/tgs_agent
  python -m tgs.convert llm SmolLM2-135M-Instruct.Q4_1.gguf --to WEIGHTS/small/llm
  python -m tgs.convert beats BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt --to WEIGHTS/beats
  python -m tgs.convert grounder groundingdino_swint_ogc.pth --to WEIGHTS/groundingdino_swint_ogc
  python -m tgs.convert segmenter sam2.1_hiera_large.pt --to WEIGHTS/sam2.1_hiera_large
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, map, write, tell."""
    asked = vars(_parser().parse_args(arguments))
    to, overwrite, convert = asked["to"], asked.pop("overwrite"), _converter(asked.pop("kind"))
    if to.exists() and not overwrite:
        raise ConfigError(f"{to} is there already: give another --to, or --overwrite to replace it.")
    if asked.get("dtype") is not None:
        import torch

        asked["dtype"] = getattr(torch, asked["dtype"])
    out = Console(soft_wrap=True, highlight=False, markup=False)
    for line in (*convert(**asked), f"written: {to}"):
        out.print(line)


def _converter(kind: str) -> Callable[..., list[str]]:
    """A function of one room: only that room's packages are imported."""
    module, name = {
        "phase1": ("think.published.convert", "convert_phase1"),
        "phase2": ("think.published.convert", "convert_phase2"),
        "llm": ("think.gguf", "convert_gguf"),
        "beats": ("think.published.convert", "convert_beats"),
        "grounder": ("ground.convert", "convert"),
        "segmenter": ("segment.convert", "convert"),
    }[kind]
    return getattr(import_module(f"tgs.{module}"), name)


def _parser() -> argparse.ArgumentParser:
    parser = parser_of("tgs.convert", __doc__, _EXAMPLES)
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    phase1 = kinds.add_parser("phase1", help="Crab's visual_pretrain.bin or audio_pretrain.bin: one branch")
    phase1.add_argument("file", type=Path, metavar="FILE")
    phase2 = kinds.add_parser("phase2", help="TGS-Agent's finetune_weights.bin, non_lora_trainables.bin, peft's folder")
    phase2.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="files or adapter folders; later ones count"
    )
    phase2.add_argument(
        "--llm", type=Path, required=True, metavar="FOLDER", help="the language model: config.json and its tokenizer"
    )
    phase2.add_argument(
        "--no-tables", dest="tables", action="store_false", help="leave word embeddings and head out of the checkpoint"
    )
    beats = kinds.add_parser("beats", help="a published BEATs .pt: the audio encoder")
    beats.add_argument("file", type=Path, metavar="FILE")
    llm = kinds.add_parser("llm", help="a language model in one GGUF file")
    llm.add_argument("file", type=Path, metavar="FILE")
    for kind in (phase1, phase2):
        kind.add_argument("--allow-partial", action="store_true", help="write it though keys are missing or unexpected")
    for kind in (phase1, phase2, beats):
        kind.add_argument("--dtype", choices=DTYPES, help="of the weights; default: as each is in the file")
    llm.add_argument("--dtype", choices=DTYPES, default="float16", help="of the weights; default: %(default)s")
    grounder = kinds.add_parser("grounder", help="Grounding-DINO of groundingdino-py, for grounder=paper_hf")
    grounder.add_argument("checkpoint", type=Path, metavar="FILE", help="groundingdino_swint_ogc.pth")
    grounder.add_argument(
        "--text", type=Path, metavar="FOLDER", help="bert-base-uncased; else the folder of that name beside FILE"
    )
    segmenter = kinds.add_parser("segmenter", help="a published SAM 2 or 2.1 .pt")
    segmenter.add_argument("checkpoint", type=Path, metavar="FILE", help="sam2.1_hiera_large.pt, ...")
    segmenter.add_argument("--config", help="of the sam2 package, or a YAML file; else the one of FILE's name")
    for kind in (phase1, phase2, llm, beats, grounder, segmenter):
        kind.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the result goes")
        kind.add_argument("--overwrite", action="store_true", help="replace the folder if it is there")
    return parser


if __name__ == "__main__":
    run(main)
