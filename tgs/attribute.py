"""Which stage fails a finished evaluation, from records alone: `python -m tgs.attribute RUN`."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from tgs.command_line import run
from tgs.report.attributed import Attributed
from tgs.report.oracles import swap_of
from tgs.report.provenance import Made


def main(arguments: Sequence[str]) -> None:
    """Read, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tgs.attribute", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished evaluation: runs/eval/...")
    parser.add_argument(
        "--name", type=Path, metavar="RUN", help="the same with prompt=category; else the one beside it"
    )
    parser.add_argument("--box", type=Path, metavar="RUN", help="the same with prompt=box; else the one beside it")
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help="write the page as Markdown and, beside it as .jsonl, every reference",
    )
    asked = parser.parse_args(arguments)
    found = Attributed.of(swap_of(asked.run, asked.name, asked.box))
    page = found.page()
    page.show()
    if asked.write:
        page.write(asked.write, Made.now(shlex.join(["python", "-m", "tgs.attribute", *arguments])))
        found.write_lines(asked.write.with_suffix(".jsonl"))


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
