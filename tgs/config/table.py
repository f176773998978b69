"""A table as a sweep's file describes it: its question, the claims it is held to, where it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from tgs.types import Measure


@dataclass
class ClaimConfig:
    """A claim of the article as data: a number of some rows lies above that of others.

    Rows are chosen by the command line's words, as `{prompt: simple, thresholds.box: 0.1}`; a list means any of its
    values, {} any row. The lowest of `larger` is held against the highest of `smaller`; rows that both choose count as
    larger only.
    """

    text: str = MISSING
    metric: Measure = MISSING
    larger: dict[str, Any] = field(default_factory=dict)
    smaller: dict[str, Any] = field(default_factory=dict)
    by: float = 0.0
    """The difference must be more than this: points of J&F, or S as a fraction."""
    drop_from: dict[str, Any] = field(default_factory=dict)
    """With drop_to: either side is not the number of a row but how far it falls from this setting to that one."""
    drop_to: dict[str, Any] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    """Only references of these kinds; empty means all."""
    published: float | None = None
    """The article's own difference, in the unit of `by`; null where it gives none."""


@dataclass
class TableConfig:
    """The table at the end of a sweep, and what stands beside it."""

    name: str = ""
    """Its file's name, without `.md`."""
    title: str = ""
    question: str = ""
    note: str = ""
    """What a reader of the numbers must know."""
    against: dict[str, Any] = field(default_factory=dict)
    """Settings, by the command line's words, of the row from which the others' differences are shown, too."""
    published: str | None = None
    """The article's table beside ours: a name of `tgs.report.published`."""
    claims: list[ClaimConfig] = field(default_factory=list)
    write: str | None = None
    """Folder that gets `{name}.md`, such as experiments; null writes it in the sweep's folder only."""
