"""Where a benchmark lies, and what is read from there before any clip is."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tgs.data.records import read_table
from tgs.digest import digest_file
from tgs.errors import DataError
from tgs.types import Reference, Split


@dataclass(frozen=True)
class BenchmarkFiles:
    """One benchmark on disk, in Ref-AVSBench's layout.

    A second benchmark on the same clips, such as R2-AVSBench or the control that asks the original references on its
    clips, differs in `name` and `csv` only.

    Attributes:
        name: as it stands in tables.
        csv: see `records.read_table`.
        media: holds `{folder}/frames/{i}.jpg` and `{folder}/audio.wav`.
        media_cross: holds the sounds of null clips, where they lie apart.
        masks: holds `{folder}/fid_{fid}/{i:05d}.png`.
        instructions: phase 2's texts, see `instruct.read_answers`; only training needs them.
        kinds: json `{uid: kind}`. Without it, kinds come from `media/{folder}/scene.json`, where there is one.
    """

    name: str
    csv: Path
    media: Path
    masks: Path
    media_cross: Path | None = None
    kinds: Path | None = None
    instructions: Path | None = None

    def __post_init__(self) -> None:
        """Paths may be given as text, as configs do."""
        for field in ("csv", "media", "masks", "media_cross", "kinds", "instructions"):
            value = getattr(self, field)
            if value is not None:
                object.__setattr__(self, field, Path(value))

    def digest(self) -> str:
        """Digest of the csv's bytes: which version of the benchmark a number was made on."""
        return digest_file(self.csv)

    def version(self) -> str | None:
        """What a made benchmark says of itself; None for those that say nothing."""
        told = self.media.parent / "benchmark.json"
        return str(read_json(told)["version"]) if told.is_file() else None

    def references(self, splits: Collection[Split] | None = None) -> list[Reference]:
        """The references of some splits, in csv order, with their kinds.

        Args:
            splits: which to keep; None keeps all.
        Returns:
            At least one reference.
        Raises:
            DataError: the csv or the kinds are unusable, or no row is in these splits.
        """
        found = [r for r in read_table(self.csv).references if splits is None or r.split in splits]
        if not found:
            raise DataError(
                f"{self.csv} has no row of split {', '.join(splits or ())}. Choose other splits for benchmark "
                f"{self.name}; R2-AVSBench, for one, has test_s and test_u only."
            )
        if self.kinds is not None:
            by_uid = read_kinds_file(self.kinds)
            return [replace(reference, kind=by_uid.get(reference.uid, "")) for reference in found]
        by_text = read_kinds(self.media, dict.fromkeys(reference.folder for reference in found))
        return [replace(reference, kind=by_text.get((reference.uid, reference.text), "")) for reference in found]


def read_kinds(media_root: Path, folders: Iterable[str]) -> dict[tuple[str, str], str]:
    """How references refer to their objects, from the `scene.json` of their clips.

    Args:
        media_root: holds one folder per clip.
        folders: clips to look at; those without a `scene.json`, as real benchmarks have them, say nothing.
    Returns:
        (uid, text) -> kind; the text tells a row of the benchmark from its R2 row of the same uid.
    Raises:
        DataError: a `scene.json` is damaged.
    """
    kinds: dict[tuple[str, str], str] = {}
    for folder in folders:
        path = media_root / folder / "scene.json"
        if not path.is_file():
            continue
        scene = read_json(path)
        try:
            listed = [*scene["references"], *scene.get("r2", [])]
            kinds.update({(entry["uid"], entry["text"].strip()): entry["kind"] for entry in listed})
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path} does not list its references as {{uid, text, kind}} under `references`. Make the clip again."
            ) from error
    return kinds


def read_kinds_file(path: Path) -> dict[str, str]:
    """uid -> kind from one json.

    Raises:
        DataError: the file is missing, damaged, or no flat object of texts.
    """
    kinds = read_json(path)
    if not isinstance(kinds, dict) or not all(isinstance(kind, str) for kind in kinds.values()):
        raise DataError(f"{path} must be a json object {{uid: kind}} with texts as kinds. Write it again.")
    return kinds


def read_json(path: Path) -> Any:
    """Parse a json file.

    Raises:
        DataError: the file is missing or is not json, with the place of the fault.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist. Check the configured path, or fetch the file.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not json: {error}. Fetch or write the file again.") from error
