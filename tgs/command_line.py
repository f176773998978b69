"""An entry point without Hydra: how its help looks, and how its errors do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from tgs.errors import TgsError


def parser_of(module: str, description: str | None, examples: str) -> argparse.ArgumentParser:
    """A parser whose help keeps the lines of a module's docstring, and ends with commands to copy.

    Args:
        module: as it is run, `tgs.store`.
        description: the docstring.
        examples: commands, a line each.
    """
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run(main: Callable[[], None]) -> None:
    """Call an entry point; an error of ours ends it with one line and exit code 1, every other keeps its traceback."""
    try:
        main()
    except TgsError as error:
        sys.exit(f"{type(error).__name__}: {error}")
