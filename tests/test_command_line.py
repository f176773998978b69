import pytest

from tgs.command_line import parser_of, run
from tgs.errors import DataError


def test_help_keeps_lines_and_ends_with_the_examples(capsys):
    with pytest.raises(SystemExit, match="0"):
        parser_of("tgs.it", "One.\n\n  Two.", "examples:\n  tgs.it\n").parse_args(["--help"])
    told = capsys.readouterr().out
    assert told.startswith("usage: python -m tgs.it [-h]\n\nOne.\n\n  Two.\n")
    assert told.endswith("examples:\n  tgs.it\n")


def test_our_errors_end_it_with_one_line_and_others_are_raised():
    def ends(error):
        raise error

    with pytest.raises(SystemExit, match=r"^DataError: nowhere$"):
        run(lambda: ends(DataError("nowhere")))
    with pytest.raises(ValueError, match="it"):
        run(lambda: ends(ValueError("it")))
    assert run(lambda: None) is None
