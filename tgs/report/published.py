"""The article's numbers, to stand beside ours. They are of real videos: where ours are not, only the pattern compares.

Source: Zhou et al., Think Before You Segment: An Object-aware Reasoning Agent for Referring Audio-Visual Segmentation,
AAAI 2026, as the article on it at AI Trend Blend gives them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tgs.errors import ConfigError
from tgs.report.grid import Grid

SOURCE = "Zhou et al., AAAI 2026, as given by AI Trend Blend"


@dataclass(frozen=True)
class PublishedRow:
    """One line as printed: J&F in percent, S as a fraction; None where the article gives no number."""

    refs: str
    method: str
    seen: float
    unseen: float
    mix: float | None
    null_s: float | None


@dataclass(frozen=True)
class Published:
    """One table of the article.

    Attributes:
        label: its name in the article.
        benchmarks: by our names, those that its numbers are of.
        rows: empty where the article gives a choice but no numbers.
        remark: what the article says with it.
    """

    label: str
    benchmarks: Collection[str]
    rows: tuple[PublishedRow, ...]
    remark: str


REF, R2 = "Ref-AVSBench", "R2-AVSBench"

PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {
        "table1": Published(
            "Table 1",
            ("ref_avsbench",),
            (
                PublishedRow(REF, "AVSBench", 37.2, 43.5, 40.3, 0.208),
                PublishedRow(REF, "AVSegFormer", 40.2, 43.1, 41.7, 0.171),
                PublishedRow(REF, "EEMC", 42.8, 57.2, 50.0, 0.007),
                PublishedRow(REF, "Grounded-SAM2", 34.2, 63.9, 49.1, 0.277),
                PublishedRow(REF, "TSAM", 50.1, 60.5, 55.3, 0.017),
                PublishedRow(REF, "SAM2-LOVE", 47.7, 69.4, 58.5, 0.230),
                PublishedRow(REF, "TGS-Agent", 54.9, 76.9, 65.9, 0.035),
            ),
            "Grounded-SAM2 is asked with the raw reference, TGS-Agent with T_s.",
        ),
        "table2": Published(
            "Table 2",
            ("r2_clips_original_refs", "r2_avsbench"),
            (
                PublishedRow(REF, "Crab", 27.2, 47.2, 37.2, None),
                PublishedRow(REF, "EEMC", 33.7, 47.8, 40.7, None),
                PublishedRow(REF, "Grounded-SAM2", 45.9, 72.2, 59.0, None),
                PublishedRow(REF, "TGS-Agent", 53.4, 76.1, 64.8, None),
                PublishedRow(R2, "Crab", 25.9, 44.4, 35.2, None),
                PublishedRow(R2, "EEMC", 31.2, 47.8, 39.5, None),
                PublishedRow(R2, "Grounded-SAM2", 25.7, 49.1, 37.4, None),
                PublishedRow(R2, "TGS-Agent", 47.5, 72.7, 60.1, None),
            ),
            "Both sets of references are of the same 400 clips.",
        ),
        "table3": Published(
            "Table 3",
            ("ref_avsbench",),
            (
                PublishedRow(REF, "R (raw reference)", 34.2, 63.9, None, 0.277),
                PublishedRow(REF, "T_f (fine)", 49.0, 73.7, None, 0.043),
                PublishedRow(REF, "T_s (simple)", 54.9, 76.9, None, 0.035),
            ),
            "",
        ),
        "thresholds": Published(
            "The threshold study",
            ("ref_avsbench",),
            (),
            "The article names the values that were chosen, box 0.1 and text 0.25, and gives no numbers of the study.",
        ),
    }
)
"""By the name that sweeps give in `table.published`."""


def published(name: str) -> Published:
    """One of the article's tables.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in PUBLISHED:
        raise ConfigError(f"table.published={name}: unknown. Choose one of: {', '.join(PUBLISHED)}.")
    return PUBLISHED[name]


def published_grid(table: Published, ours: Collection[str]) -> Grid:
    """The article's table beside rows on the benchmarks `ours`, and what the two have in common."""
    apart = sorted(set(ours) - set(table.benchmarks))
    other = f" Another benchmark than {', '.join(apart)}: compare the pattern, not the numbers." if apart else ""
    lines = [
        [row.refs, row.method, _one(row.seen), _one(row.unseen), _one(row.mix), _three(row.null_s)]
        for row in table.rows
    ]
    notes = [f"{table.remark} Source: {SOURCE}.{other}".strip()]
    columns = ["references of", "method", "Seen J&F", "Unseen J&F", "Mix J&F", "Null S"]
    return Grid(columns, lines, f"Published, {table.label}", notes, words=2).without_empty()


def _one(percent: float | None) -> str:
    return "-" if percent is None else f"{percent:.1f}"


def _three(fraction: float | None) -> str:
    return "-" if fraction is None else f"{fraction:.3f}"
