"""Whole pages, and the command that rebuilds them from folders."""

import pytest

from tgs.config.table import ClaimConfig, TableConfig
from tgs.errors import ConfigError
from tgs.report.__main__ import main, table_of
from tgs.report.page import Page
from tgs.report.provenance import Made
from tgs.types import Measure

MADE = Made("python -m tgs.eval +sweep=x", "2026-01-02", "abc", 60)
TABLE = TableConfig(
    name="x", title="A table", question="Which?", note="A note.", published="table3",
    claims=[ClaimConfig("T_s beats R", Measure.seen, {"prompt": "simple"}, {"prompt": "raw"}, published=20.7)],
)  # fmt: skip


@pytest.fixture
def folders(write):
    return [write("raw", seen=[0.1, 0.2], policy="raw", checkpoint=None), write("simple", seen=[0.3, 0.4])]


def test_a_page_has_all_that_belongs_to_it(folders):
    parts = Page.of(TABLE, folders).markdown(MADE).split("\n\n")
    assert parts[:3] == ["# A table", "**Question.** Which?", f"**Command.** {MADE.sentence()}"]
    text = "\n".join(parts)
    for piece in (
        "| stickers | T_s (simple) | 35.0 [30.0, 40.0] | 2 | 1 | 2 |",
        "| T_s beats R | holds | 20.7 | 20.0 [20.0, 20.0] |",
        "| Ref-AVSBench | T_s (simple) | 54.9 | 76.9 | 0.035 |",
        "compare the pattern",
        "A note.",
        "**Versions.** Benchmarks: stickers 0.2 (csv aa).",
    ):
        assert piece in text
    assert text.index("T_s (simple) | 35.0") < text.index("T_s beats R") < text.index("54.9") < text.index("A note.")


def test_a_bare_table_has_no_claims_and_no_published_numbers(folders):
    text = Page.of(TableConfig(), folders).markdown(MADE)
    assert text.startswith("# Evaluations\n\n**Command.**")
    assert "laim" not in text
    assert "Published" not in text


def test_what_a_person_wrote_below_outlives_a_new_table(folders, tmp_path):
    page, path = Page.of(TABLE, folders), tmp_path / "experiments" / "x.md"
    page.write(path, MADE)
    first = path.read_text()
    path.write_text(first + "\n**Finding.** It works.\nIndeed.\n")
    page.write(path, Made("another command", "2026-01-03", "def", 60))
    assert path.read_text().endswith("\n\n**Finding.** It works.\nIndeed.\n")
    assert "another command" in path.read_text()
    assert MADE.command not in path.read_text()


def test_the_command_rebuilds_a_table_from_folders_or_a_sweep(folders, sweep, tmp_path, capsys):
    out = tmp_path / "page.md"
    main([str(sweep(*folders)), "--table", "table3_prompt", "--write", str(out)])
    printed = capsys.readouterr().out
    assert "T_s (simple)" in printed
    assert "T_f and T_s both beat R on Seen" in printed
    page = out.read_text()
    assert page.startswith("# Table 3")
    assert "rebuilt from records" in page
    main([str(folder) for folder in folders])
    assert "Claims" not in capsys.readouterr().out


def test_folders_and_tables_that_are_not_there_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"holds neither a finished evaluation"):
        main([str(tmp_path)])
    with pytest.raises(ConfigError, match=r"--table table9.*table1_main, table2_r2"):
        table_of("table9")
