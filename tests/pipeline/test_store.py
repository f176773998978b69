"""Kept values come back bit for bit, are found only by all that made them, and are never read by half."""

import json
import math
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tgs.digest import digest_value
from tgs.errors import DataError
from tgs.pipeline.store import MARK_S, VERSION, Store
from tgs.pipeline.stored import pack_arrays, unpack_arrays

MADE_OF = {"thinker": "00ff", "numerics": ["cpu", "32-true"], "clip": "ab12", "text": "the dog that barks", "row": 3}
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def file_of(store, kind, made_of, suffix):
    key = digest_value([VERSION, kind, made_of])
    return Path(store.folder, kind, key[:2], f"{key}.{suffix}")


def test_json_comes_back_bit_for_bit(store):
    drawn = random.Random(0)
    floats = [drawn.uniform(-1, 1) * 10.0 ** drawn.randint(-320, 300) for _ in range(2000)]
    singles = [float(x) for x in np.random.default_rng(0).normal(size=2000).astype(np.float32)]
    edges = [0.0, -0.0, 5e-324, 1.7976931348623157e308, 2**53 + 1, -(10**40), 0.1 + 0.2]
    value = {"z": floats, "a": [singles, edges], 'é\n\u2028"': ["", "null", None, True, {"ä": []}]}
    store.write("thoughts", MADE_OF, value)
    back = store.read("thoughts", MADE_OF)
    assert back == value
    assert list(back) == list(value)
    assert np.array(back["z"]).tobytes() == np.array(floats).tobytes()
    assert np.array(back["a"][0], np.float32).tobytes() == np.array(singles, np.float32).tobytes()
    assert [math.copysign(1, x) for x in back["a"][1]] == [math.copysign(1, x) for x in edges]
    assert [type(x) for x in back["a"][1]] == [type(x) for x in edges]


def test_arrays_come_back_bit_for_bit(store):
    drawn = np.random.default_rng(0)
    bits = drawn.integers(0, 2**32, 10_000, dtype=np.uint32).view(np.float32)
    arrays = {
        "soft_NHW": drawn.integers(0, 256, (3, 5, 7), dtype=np.uint8),
        "bits": bits[~np.isnan(bits)],
        "wide": drawn.normal(size=(4, 4)),
        "half": np.array([1e-7, np.inf, -0.0], np.float16),
        "none": np.zeros((0, 4), np.float32),
        "mask": drawn.random((2, 3)) > 0.5,
        "one": np.array(-7),
        "columns": np.asfortranarray(drawn.normal(size=(3, 4))),
        "big_endian": np.arange(3, dtype=">i4"),
        "file": np.arange(2),
    }
    store.write_arrays("masks", MADE_OF, arrays)
    back = store.read_arrays("masks", MADE_OF)
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        assert (back[name].dtype, back[name].shape) == (array.dtype, array.shape), name
        assert back[name].tobytes() == array.tobytes(), name
    with np.load(file_of(store, "masks", MADE_OF, "npz")) as plain:  # a file that anybody can read
        assert np.array_equal(plain["wide"], arrays["wide"])
    assert store.read("masks", MADE_OF) is None


def test_equal_content_gives_equal_bytes(store):
    arrays = {"soft": np.arange(6.0)}
    assert pack_arrays(b"[]", arrays) == pack_arrays(b"[]", dict(arrays))
    store.write("scores", MADE_OF, {"j": 0.5})
    first = file_of(store, "scores", MADE_OF, "json").read_bytes()
    store.write("scores", dict(reversed(MADE_OF.items())), {"j": 0.5})
    assert file_of(store, "scores", MADE_OF, "json").read_bytes() == first
    assert json.loads(first)["value"] == {"j": 0.5}
    assert json.loads(first)["made_of"] == [VERSION, "scores", MADE_OF]
    assert first.endswith(b"\n")


@pytest.mark.parametrize("value", [math.nan, math.inf, [1, {"a": -math.inf}], "\ud800"])
def test_what_is_no_number_or_text_is_refused(store, value):
    with pytest.raises(DataError, match="the stage that made it is at fault"):
        store.write("scores", MADE_OF, value)
    assert not os.path.exists(store.folder)


def test_other_things_are_refused(store):
    with pytest.raises(DataError, match="array soft cannot be stored, it has NaN"):
        store.write_arrays("masks", MADE_OF, {"fine": np.zeros(2), "soft": np.array([1, np.nan], np.float32)})
    with pytest.raises(TypeError):
        store.write("scores", MADE_OF, {"a": object()})
    for name, array in (("a/b", np.zeros(2)), ("objects", np.array([{}])), ("void", np.zeros(2, "V2"))):
        with pytest.raises(ValueError, match="numbers and booleans"):
            store.write_arrays("masks", MADE_OF, {name: array})
    with pytest.raises(ValueError, match="None"):
        store.write("scores", MADE_OF, None)
    for kind in ("../scores", "", ".", "a b"):
        with pytest.raises(ValueError, match="word"):
            store.read(kind, MADE_OF)
    assert not os.path.exists(store.folder)


def mutations(value):
    """Every value that differs from this one in one leaf, one key or one place."""
    if isinstance(value, dict):
        for key in value:
            rest = {k: v for k, v in value.items() if k != key}
            yield rest
            yield {**rest, key + "x": value[key]}
            yield from ({**value, key: other} for other in mutations(value[key]))
        yield {**value, "new": 0}
    elif isinstance(value, list):
        yield [*value, 0]
        for i, item in enumerate(value):
            yield value[:i] + value[i + 1 :]
            yield from ([*value[:i], other, *value[i + 1 :]] for other in mutations(item))
        if len(value) > 1:
            yield value[::-1]
    elif isinstance(value, str):
        yield from (value[:i] + chr(ord(value[i]) ^ 1) + value[i + 1 :] for i in range(len(value)))
        yield value + " "
    else:
        yield from (value + 1, str(value), float(value))


def test_whatever_differs_in_what_made_it_misses(store):
    store.write("scores", MADE_OF, 1)
    store.write_arrays("scores", MADE_OF, {"a": np.zeros(1)})
    seen = 0
    for other in mutations(MADE_OF):
        assert store.read("scores", other) is None, other
        assert store.read_arrays("scores", other) is None, other
        seen += 1
    assert seen > 50
    assert store.read("truths", MADE_OF) is None
    assert store.read("scores", MADE_OF) == 1


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_every_flipped_bit_is_refused(store, suffix):
    if suffix == "json":
        store.write("thoughts", ["a", 1], {"fine": "the dog", "doubt": 0.25})
    else:
        store.write_arrays("thoughts", ["a", 1], {"boxes": np.zeros((1, 4), np.float32), "scores": np.ones(1)})
    file, read = file_of(store, "thoughts", ["a", 1], suffix), store.read if suffix == "json" else store.read_arrays
    whole = file.read_bytes()
    flipped = [whole[:i] + bytes([whole[i] ^ (1 << i % 8)]) + whole[i + 1 :] for i in range(len(whole))]
    for content in [*flipped, *(whole[:i] for i in range(len(whole))), whole + b"\n", b"\0" * len(whole)]:
        file.write_bytes(content)
        with pytest.raises(DataError, match=f"{file} is damaged.*python -m tgs.store verify --folder {store.folder}"):
            read("thoughts", ["a", 1])


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_a_file_in_the_place_of_another_is_refused(store, suffix):
    write, read = (store.write, store.read) if suffix == "json" else (store.write_arrays, store.read_arrays)
    write("scores", ["a"], {"j": np.zeros(1)} if suffix == "npz" else {"j": 1})
    write("scores", ["b"], {"j": np.ones(1)} if suffix == "npz" else {"j": 2})
    os.replace(file_of(store, "scores", ["a"], suffix), file_of(store, "scores", ["b"], suffix))
    with pytest.raises(DataError, match="is misplaced"):
        read("scores", ["b"])
    assert read("scores", ["a"]) is None  # what has vanished misses


def test_reading_marks_a_file_as_used_once_an_hour(store):
    store.write("scores", MADE_OF, 1)
    file = file_of(store, "scores", MADE_OF, "json")
    for age, marked in ((2 * MARK_S, True), (MARK_S / 2, False)):
        before = time.time() - age
        os.utime(file, (before, before))
        assert store.read("scores", MADE_OF) == 1
        assert (time.time() - file.stat().st_mtime < 60) is marked


def test_a_read_only_folder_is_read_and_says_why_it_is_not_written(store, monkeypatch):
    store.write("scores", MADE_OF, 1)
    file = file_of(store, "scores", MADE_OF, "json")
    os.utime(file, (0, 0))

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    for name in ("utime", "replace"):
        monkeypatch.setattr(os, name, refuse)
    assert store.read("scores", MADE_OF) == 1
    with pytest.raises(DataError, match=r"was not written \(.*Read-only file system\)"):
        store.write("scores", MADE_OF, 2)
    assert list(file.parent.iterdir()) == [file]


def test_what_may_not_be_read_is_told(store):
    file_of(store, "scores", MADE_OF, "json").mkdir(parents=True)
    with pytest.raises(DataError, match=r"cannot be read \(.*Is a directory"):
        store.read("scores", MADE_OF)


def together(*works):
    """Run each in a process of its own; all must end well."""
    started = [FORK.Process(target=work) for work in works]
    for process in started:
        process.start()
    for process in started:
        process.join(20)
    assert [process.exitcode for process in started] == [0] * len(works)


def test_several_write_the_same_and_others_at_once(store):
    soft = np.random.default_rng(0).integers(0, 256, (4, 30, 30), dtype=np.uint8)

    def work(own):
        for i in range(60):
            for made_of in (["shared", i], [own, i]):
                store.write("thoughts", made_of, [*made_of, "x" * 3000])
                store.write_arrays("masks", made_of, {"soft": soft + np.uint8(i)})
                assert store.read("thoughts", made_of) == [*made_of, "x" * 3000]
                assert np.array_equal(store.read_arrays("masks", made_of)["soft"], soft + np.uint8(i))

    together(*(lambda own=f"own{n}": work(own) for n in range(4)))
    for own in ("shared", "own0", "own1", "own2", "own3"):
        for i in range(60):
            assert store.read("thoughts", [own, i]) == [own, i, "x" * 3000]
            assert np.array_equal(store.read_arrays("masks", [own, i])["soft"], soft + np.uint8(i))
    names = [name for _, _, files in os.walk(store.folder) for name in files]
    assert len(names) == 5 * 60 * 2
    assert not any(name.startswith(".") for name in names)


def test_a_killed_writer_leaves_whole_files_and_temporaries(store):
    soft = np.random.default_rng(0).integers(0, 256, 400_000, dtype=np.uint8)  # does not compress: long to write

    def write_until_killed(turn):
        i = 0
        while True:
            store.write_arrays("masks", [turn, i], {"soft": soft})
            store.write("thoughts", [turn, i], "x" * 300_000)
            if not turn % 2:
                os.replace = lambda *_: time.sleep(60)  # of this process alone: its next write is never finished
            i += 1

    def temporaries():
        return len(list(Path(store.folder).rglob(".*")))

    for turn in range(25):
        before, writer = temporaries(), FORK.Process(target=write_until_killed, args=(turn,))
        writer.start()
        while not file_of(store, "thoughts", [turn, 0], "json").exists():
            time.sleep(0.001)
        if turn % 2:  # at any time
            time.sleep(random.Random(turn).random() * 0.04)
        while not turn % 2 and temporaries() == before:  # amid a write
            time.sleep(0.001)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
    whole = left = 0
    for folder, _, names in os.walk(store.folder):
        for name in names:
            if name.startswith("."):
                left += 1
            elif name.endswith(".npz"):
                assert np.array_equal(unpack_arrays(Path(folder, name).read_bytes())[1]["soft"], soft)
                whole += 1
    assert whole >= 25
    assert left >= 13  # one of every even turn
    for turn in range(25):
        assert store.read("thoughts", [turn, 0]) == "x" * 300_000
