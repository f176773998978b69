"""The article's numbers agree with each other, and are never taken for ours."""

import pytest

from tgs.errors import ConfigError
from tgs.report.published import PUBLISHED, published, published_grid


def test_every_mix_is_the_mean_of_its_neighbours():
    rows = [row for table in PUBLISHED.values() for row in table.rows if row.mix is not None]
    assert len(rows) == 15
    assert all(abs((row.seen + row.unseen) / 2 - row.mix) < 0.0501 for row in rows)


def test_tables_agree_where_they_show_the_same_system():
    one, three = ({row.method: row for row in PUBLISHED[name].rows} for name in ("table1", "table3"))
    for here, there in (("Grounded-SAM2", "R (raw reference)"), ("TGS-Agent", "T_s (simple)")):
        a, b = one[here], three[there]
        assert (a.seen, a.unseen, a.null_s) == (b.seen, b.unseen, b.null_s)


def test_gains_are_those_that_the_article_names():
    by = {row.method: row for row in PUBLISHED["table1"].rows}
    assert by["TGS-Agent"].seen - by["SAM2-LOVE"].seen == pytest.approx(7.2)
    assert by["TGS-Agent"].unseen - by["SAM2-LOVE"].unseen == pytest.approx(7.5)


def test_rows_of_another_benchmark_are_labelled():
    table = PUBLISHED["table3"]
    grid = published_grid(table, {"stickers"})
    assert grid.title == "Published, Table 3"
    assert list(grid.rows[2]) == ["Ref-AVSBench", "T_s (simple)", "54.9", "76.9", "0.035"]
    assert "Another benchmark than stickers: compare the pattern, not the numbers." in grid.notes[0]
    assert "Another benchmark" not in published_grid(table, {"ref_avsbench"}).notes[0]


def test_the_threshold_study_has_words_only():
    grid = published_grid(published("thresholds"), {"stickers"})
    assert not grid.rows
    assert "box 0.1 and text 0.25" in grid.markdown()


def test_an_unknown_table_is_refused():
    with pytest.raises(ConfigError, match="table1, table2, table3, thresholds"):
        published("table4")
