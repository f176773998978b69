"""What lies beside the csv: kinds of reference, and phase 2's texts."""

from __future__ import annotations

from tgs.data.files import BenchmarkFiles, read_kinds_file
from tgs.data.instruct import instruct_examples, read_answers
from tgs.doctor.finding import Chart, Kind
from tgs.doctor.rows import Sheet
from tgs.errors import DataError
from tgs.types import Split


def examine_lists(files: BenchmarkFiles, sheet: Sheet) -> Chart:
    """Read them as a run would; texts only if there is a row to train on."""
    chart = Chart()
    if files.kinds is not None:
        try:
            read_kinds_file(files.kinds)
        except DataError as error:
            chart.find(Kind.bad_kinds, files.kinds.name, error)
    learnt = [reference for reference in sheet.references if reference.split is Split.train]
    if files.instructions is None or not learnt:
        return chart
    if not files.instructions.is_file():
        chart.find(Kind.no_instructions, files.instructions.name, f"{files.instructions} does not exist")
        return chart
    try:
        instruct_examples(learnt, read_answers(files.instructions))
    except DataError as error:
        chart.find(Kind.bad_instructions, files.instructions.name, error)
    return chart
