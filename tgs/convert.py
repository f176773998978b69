"""Published checkpoints, once, into the folders that tgs loads: `python -m tgs.convert grounder FILE --to FOLDER`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tgs.errors import ConfigError, TgsError


def main(arguments: Sequence[str]) -> None:
    """Read, convert, write."""
    parser = argparse.ArgumentParser(prog="python -m tgs.convert", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    grounder = kinds.add_parser("grounder", help="Grounding-DINO of groundingdino-py, for grounder=paper_hf")
    grounder.add_argument("checkpoint", type=Path, metavar="FILE", help="groundingdino_swint_ogc.pth")
    grounder.add_argument(
        "--text", type=Path, metavar="FOLDER", help="bert-base-uncased; else the folder of that name beside FILE"
    )
    grounder.add_argument(
        "--to", type=Path, metavar="FOLDER", help="else groundingdino_swint_ogc/ beside FILE, as paper_hf wants it"
    )
    grounder.add_argument("--overwrite", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    folder = asked.to or asked.checkpoint.with_suffix("")
    if folder.exists() and not asked.overwrite:
        raise ConfigError(f"{folder} is there already: give another --to, or --overwrite to replace it.")
    from tgs.ground.convert import convert

    convert(asked.checkpoint, asked.text or asked.checkpoint.with_name("bert-base-uncased"), folder)
    print(folder)  # noqa: T201 - what the command is for


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TgsError as error:
        sys.exit(f"{type(error).__name__}: {error}")
