"""Install, check and list the tiny weights: `python -m tgs.zoo install | verify | stages | table`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tgs.errors import TgsError
from tgs.zoo.parts import SHIPPED

OUT, ERR = Console(), Console(stderr=True, soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 1 where something is off."""
    given = _parser().parse_args(arguments)
    try:
        return given.does(given)
    except TgsError as error:
        ERR.print(f"{type(error).__name__}: {error}", markup=False, highlight=False)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tgs.zoo", description="The tiny weights, part by part.")
    actions = parser.add_subparsers(required=True, metavar="install | verify | stages | table")
    install = actions.add_parser("install", help="copy the exports of finished runs into a zoo")
    install.add_argument("run", nargs="+", type=Path, help="folder of a run, as runs/train/zoo_llm")
    install.add_argument("--to", type=Path, required=True, help="folder of the zoo")
    install.set_defaults(does=_install)
    verify = actions.add_parser("verify", help="check files, recipes, ingredients, gates and scores")
    verify.add_argument("--zoo", type=Path, default=SHIPPED, help="folder of the zoo; default: the shipped one")
    verify.add_argument("--runs", type=Path, default=Path("runs"), help="where fresh runs lie; default: runs")
    verify.add_argument("--scores", action="store_true", help="measure the weights again (minutes)")
    verify.set_defaults(does=_verify)
    stages = actions.add_parser("stages", help="what the stages of `make zoo` cost and scored")
    stages.add_argument("--runs", type=Path, default=Path("runs"), help="default: runs")
    stages.set_defaults(does=_stages)
    table = actions.add_parser("table", help="what is shipped, as a Markdown table")
    table.add_argument("--zoo", type=Path, default=SHIPPED, help="folder of the zoo; default: the shipped one")
    table.set_defaults(does=_table)
    return parser


def _install(given: argparse.Namespace) -> int:
    from tgs.lit.run_folder import RunFolder
    from tgs.zoo.install import install

    for path in given.run:
        part, changed = install(RunFolder(path), given.to)
        told = f"{given.to / part}: {'installed from' if changed else 'is there already, from'} {path}"
        ERR.print(told, markup=False, highlight=False)
    return 0


def _verify(given: argparse.Namespace) -> int:
    from tgs.zoo.tables import checks_table
    from tgs.zoo.verify import verify

    checks = verify(given.zoo, given.runs, scores=given.scores)
    OUT.print(checks_table(checks))
    return int(any(check.ok is False for check in checks))


def _stages(given: argparse.Namespace) -> int:
    from tgs.zoo.tables import stages_table

    OUT.print(stages_table(given.runs))
    return 0


def _table(given: argparse.Namespace) -> int:
    from tgs.zoo.tables import parts_markdown

    OUT.print(parts_markdown(given.zoo), markup=False, highlight=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
