"""Digests of folders: equal content gives equal digests."""

from tgs.digest import digest_path


def test_a_folder_s_card_and_the_notes_of_its_download_do_not_count(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    before = digest_path(tmp_path)
    (tmp_path / "README.md").write_text("a card")
    notes = tmp_path / ".cache" / "huggingface" / "download"
    notes.mkdir(parents=True)
    (notes / "model.safetensors.metadata").write_text("commit, etag, time")
    assert digest_path(tmp_path) == before
    (tmp_path / "config.json").write_text("{}")
    assert digest_path(tmp_path) != before
