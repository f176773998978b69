"""A file is written whole or not at all."""

import os

import pytest

from tgs.atomic import write_json


def test_bytes_are_the_same_everywhere(tmp_path):
    file = tmp_path / "new" / "a.json"
    write_json(file, {"b": [1, "é"], "a": None})
    assert file.read_bytes() == '{\n "b": [\n  1,\n  "é"\n ],\n "a": null\n}\n'.encode()
    write_json(file, {"b": 1, "a": 2}, indent=2, sort_keys=True)
    assert file.read_bytes() == b'{\n  "a": 2,\n  "b": 1\n}\n'


def test_what_json_cannot_write_leaves_the_old_file(tmp_path):
    file = tmp_path / "a.json"
    write_json(file, 1)
    with pytest.raises(TypeError):
        write_json(file, {"a": object()})
    assert file.read_text() == "1\n"
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_write_that_is_cut_off_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "a.json"
    write_json(file, 1)
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_json(file, 2)
    assert file.read_text() == "1\n"
