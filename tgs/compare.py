"""Two finished evaluations of the same references, from records alone: `python -m tgs.compare RUN_A RUN_B`."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from tgs.atomic import write_json
from tgs.command_line import run
from tgs.report.compared import Compared
from tgs.report.comparison import Pairing
from tgs.report.provenance import Made


def main(arguments: Sequence[str]) -> None:
    """Read, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tgs.compare", description=__doc__)
    parser.add_argument("run_a", type=Path, metavar="RUN_A", help="folder of a finished evaluation: runs/eval/...")
    parser.add_argument("run_b", type=Path, metavar="RUN_B", help="another; differences are B - A")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write the page as Markdown and, beside it as .json, everything"
    )
    asked = parser.parse_args(arguments)
    found = Compared(Pairing.of(asked.run_a, asked.run_b), asked.run_a, asked.run_b)
    page = found.page()
    page.show()
    if asked.write:
        page.write(asked.write, Made.now(shlex.join(["python", "-m", "tgs.compare", *arguments])))
        write_json(asked.write.with_suffix(".json"), found.as_record())


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
