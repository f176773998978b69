"""Rebuild a table from finished evaluations, without any model: `python -m tgs.report FOLDER... --table NAME`."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import OmegaConf

from tgs.command_line import run
from tgs.config.compose import CONF
from tgs.config.table import TableConfig
from tgs.errors import ConfigError
from tgs.report.page import Page
from tgs.report.provenance import Made
from tgs.report.records import finished


def main(arguments: Sequence[str]) -> None:
    """Read, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tgs.report", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="an evaluation's folder, or a sweep's")
    parser.add_argument(
        "--table", metavar="NAME", help="question, claims and published numbers of conf/sweep/NAME.yaml"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page as Markdown, too")
    asked = parser.parse_args(arguments)
    folders = [found for folder in asked.folders for found in evaluations(folder)]
    page = Page.of(table_of(asked.table), folders)
    page.show()
    if asked.write:
        page.write(asked.write, Made.now(shlex.join(["python", "-m", "tgs.report", *arguments])))


def evaluations(folder: Path) -> list[Path]:
    """The folder itself, or the finished jobs of a sweep.

    Raises:
        ConfigError: it is neither.
    """
    found = [folder] if (folder / "summary.json").is_file() else finished(folder)
    if not found:
        raise ConfigError(f"{folder} holds neither a finished evaluation (summary.json) nor a sweep's finished jobs.")
    return found


def table_of(name: str | None) -> TableConfig:
    """The table that a sweep's file describes.

    Raises:
        ConfigError: there is no such file.
    """
    if name is None:
        return TableConfig()
    path = Path(CONF) / "sweep" / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(path.stem for path in path.parent.glob("*.yaml")))
        raise ConfigError(f"--table {name}: there is no such sweep. Choose one of: {known}.")
    sweep = OmegaConf.merge({"table": TableConfig}, OmegaConf.load(path))
    return OmegaConf.to_object(sweep.table)  # type: ignore[return-value]


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
