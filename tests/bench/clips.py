"""A few made clips on disk, and an evaluation of them as `tgs.eval` builds it, without its start."""

from __future__ import annotations

import atexit
import logging
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig

from tgs.config.compose import CONF, register
from tgs.config.eval import EvalConfig
from tgs.data.benchmark import BenchmarkData
from tgs.lit.evaluate import Evaluate
from tgs.metrics.protocols import protocol
from tgs.pipeline.agent import Agent
from tgs.pipeline.build import build_agent
from tgs.pipeline.identity import code_of
from tgs.pipeline.recall import Recall
from tgs.pipeline.scored import SCORING, Scorer
from tgs.pipeline.store import Store
from tgs.report.records import EvalFolder

NEW = 120
"""Tokens of a thought, at most."""
SIZES = {"train": 2, "val": 1, "test_s": 4, "test_u": 2, "test_n": 2}


@cache
def folder() -> Path:
    """Where everything of this run lies; removed at its end."""
    path = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    sizes = [f"settings.{split}={count}" for split, count in SIZES.items()]
    command = [sys.executable, "-m", "tgs.stickers", *sizes, "workers=1", f"paths.data={path / 'data'}"]
    subprocess.run([*command, f"paths.runs={path / 'runs'}"], check=True, capture_output=True)
    return path


def config(*overrides: str) -> DictConfig:
    """Settings of an evaluation of those clips, at scale tiny, by the thinker before phase 2."""
    register(EvalConfig)
    with initialize_config_dir(CONF, version_base="1.3"):
        own = [
            f"paths.data={folder() / 'data'}",
            "checkpoint=null",
            "thinker.llm.lora=null",
            f"thinker.max_new_tokens={NEW}",
        ]
        return compose("eval", [*own, *overrides])


def benchmark(settings: DictConfig, limit_clips: int | None = None) -> BenchmarkData:
    """The clips, read anew."""
    files = instantiate(settings.benchmark, _convert_="all")
    data = BenchmarkData(files=files, splits=settings.splits, limit_clips=limit_clips)
    data.setup()
    return data


@dataclass(frozen=True)
class Row:
    """One evaluation."""

    settings: Any
    data: BenchmarkData
    agent: Agent
    evaluate: Evaluate

    @classmethod
    def of(cls, settings: Any, store: Path | None, limit_clips: int | None = None) -> Row:
        """With stages that are built when they are needed."""
        recall = Recall(None if store is None else Store(store))
        agent, data = build_agent(settings, recall), benchmark(settings, limit_clips)
        scorer = Scorer(protocol(settings.protocol.name), code_of(*SCORING), lambda: agent.segmenter.identity, recall)
        records = EvalFolder(Path(tempfile.mkdtemp(dir=folder())))
        return cls(settings, data, agent, Evaluate(agent=agent, scorer=scorer, folder=records))

    def run(self) -> np.ndarray:
        """J, F and S of every reference, in csv order; what a reference has not is 0."""
        logging.getLogger("tgs").setLevel(logging.WARNING)
        for index, batch in enumerate(self.data.predict_dataloader()):
            self.evaluate.predict_step(batch, index)
        rows = [row for group in self.data.groups for row in self.evaluate.folder.read_clip(group[0].folder)[0]]
        return np.array([[row[name] or 0.0 for name in "JFS"] for row in sorted(rows, key=lambda row: row["row"])])
