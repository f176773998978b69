"""A run's export becomes a part, and the manifest says where it comes from."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from tgs.errors import ConfigError, DataError, WeightsError
from tgs.lit.run_folder import RunFolder
from tgs.zoo import manifest
from tgs.zoo.install import install


def test_the_part_holds_the_export_and_the_manifest_describes_it(finished, tmp_path):
    zoo = tmp_path / "zoo"
    assert install(finished("zoo_audio", value=3.0), zoo) == ("audio", True)
    assert load_file(zoo / "audio" / "model.safetensors")["stand_in"].tolist() == [3.0, 3.0]
    entry = manifest.read(zoo)["audio"]
    assert entry["files"] == manifest.files(zoo / "audio")
    assert entry["files"]["config.json"] == {
        "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",  # of "{}"
        "bytes": 2,
    }
    assert entry["scores"] == {"val/map": 0.97}
    assert entry["gate"]["passed"] is True
    assert (entry["steps"], entry["minutes"]) == (100, {"wall": 10.0, "cpu": 11.0})
    assert (entry["experiment"], entry["band"]) == ("zoo_audio", {"val/map": 0.03})


def test_a_card_stays_and_a_stale_file_goes(finished, tmp_path):
    part = tmp_path / "zoo" / "audio"
    part.mkdir(parents=True)
    (part / "README.md").write_text("a card")
    (part / "stale.json").write_text("{}")
    install(finished("zoo_audio"), tmp_path / "zoo")
    assert sorted(file.name for file in part.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    assert (part / "README.md").read_text() == "a card"


def test_a_second_time_nothing_changes_and_a_band_set_by_hand_stays(finished, tmp_path):
    zoo, run = tmp_path / "zoo", finished("zoo_audio")
    install(run, zoo)
    file = zoo / manifest.NAME
    file.write_text(file.read_text().replace('"val/map": 0.03', '"val/map": 0.05'))
    before = file.read_bytes()
    assert install(run, zoo) == ("audio", False)
    assert file.read_bytes() == before
    install(finished("zoo_audio", value=2.0), zoo)
    assert manifest.read(zoo)["audio"]["band"] == {"val/map": 0.05}


def test_a_damaged_part_is_installed_again(finished, tmp_path):
    zoo, run = tmp_path / "zoo", finished("zoo_audio")
    install(run, zoo)
    (zoo / "audio" / "config.json").write_text("{} ")
    assert install(run, zoo) == ("audio", True)
    assert (zoo / "audio" / "config.json").read_text() == "{}"


def test_parts_are_kept_beside_each_other(finished, tmp_path):
    install(finished("zoo_audio"), tmp_path / "zoo")
    install(finished("zoo_llm"), tmp_path / "zoo")
    assert list(manifest.read(tmp_path / "zoo")) == ["audio", "llm"]


def test_minutes_are_unknown_where_a_leg_was_not_counted(finished, tmp_path):
    run = finished("zoo_audio")
    run.note(timed_from_step=40)
    install(run, tmp_path / "zoo")
    assert manifest.read(tmp_path / "zoo")["audio"]["minutes"] is None


def test_what_cannot_be_a_part_is_refused(finished, tmp_path):
    zoo = tmp_path / "zoo"
    unfinished = RunFolder(tmp_path / "zoo_llm")
    unfinished.claim({"seed": 0}, overwrite=False, experiment="zoo_llm")
    with pytest.raises(DataError, match=r"no summary\.json"):
        install(unfinished, zoo)
    with pytest.raises(DataError, match=r"no run\.json"):
        install(RunFolder(tmp_path / "nothing"), zoo)
    with pytest.raises(ConfigError, match="is a run of zoo_grounder_backbone; parts are made by"):
        install(finished("zoo_grounder_backbone"), zoo)
    wide = finished("zoo_audio")
    save_file({"stand_in": torch.zeros(2)}, wide.export / "model.safetensors")
    with pytest.raises(WeightsError, match=r"holds torch\.float32; parts are shipped in float16"):
        install(wide, zoo)
    assert not zoo.exists()


def test_a_manifest_of_another_format_is_refused(tmp_path):
    (tmp_path / manifest.NAME).write_text(json.dumps({"format": 0, "parts": {}}))
    with pytest.raises(WeightsError, match="format 0, this version reads 1"):
        manifest.read(tmp_path)
