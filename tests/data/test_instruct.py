"""Phase 2's teaching texts: joined with references, and refused where they do not fit."""

import json

import pytest

from tgs.data.instruct import instruct_examples, read_answers
from tgs.errors import DataError
from tgs.types import Split

TEXT = "<think>\nx\n</think>\n<answer>\n<f_object> a dog </f_object>\n<s_object> dog </s_object>\n</answer>"


def write(tmp_path, value):
    path = tmp_path / "set.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_answers_are_read_as_they_stand_and_joined_by_uid(benchmark, tmp_path):
    entries = {f"a_0_10000_dog_{n}": {"output": TEXT + str(n), "input": "?"} for n in (1, 2)}
    answers = read_answers(write(tmp_path, entries | {"other_0_10000_cat_1": {"output": "y"}}))
    examples = instruct_examples(benchmark.files.references([Split.train]), answers)
    assert [example.answer for example in examples] == [TEXT + "1", TEXT + "2"]
    assert {example.folder for example in examples} == {"a_0_10000"}


def test_a_train_uid_without_an_answer_is_named(benchmark, tmp_path):
    answers = read_answers(write(tmp_path, {"a_0_10000_dog_1": {"output": TEXT}}))
    with pytest.raises(DataError, match=r"1 of 2 references .* a_0_10000_dog_2 \(csv row 1, split train\)"):
        instruct_examples(benchmark.files.references([Split.train]), answers)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{", r"set\.json is not json: .*line 1"),
        ([], "must be a json object"),
        ({}, "with entries"),
        ({"u_dog_1": {"text": "x"}}, 'uid u_dog_1 has no text under "output"'),
        ({"u_dog_1": {"output": "  "}}, 'uid u_dog_1 has no text under "output"'),
        ({"u_dog_1": "x"}, 'uid u_dog_1 has no text under "output"'),
    ],
)
def test_malformed_sets_are_named(tmp_path, value, message):
    with pytest.raises(DataError, match=message):
        read_answers(write(tmp_path, value))
