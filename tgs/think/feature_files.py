"""Features on disk: a file a clip, named by everything that made it, so that no encoder ever runs twice on one clip."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import torch
from torch import nn

from tgs.digest import digest_value
from tgs.errors import DataError, WeightsError
from tgs.think.features import Features
from tgs.weight_files import read_weights

VERSION = 1
"""Rises when the encoders' code comes to give other numbers."""

VIDEO, AUDIO = "video_BNPD", "audio_BNAD"


def digest_module(module: nn.Module) -> str:
    """16 hex digits of a module's structure and of all its numbers."""
    digest = hashlib.sha256(repr(module).encode())
    for name, value in module.state_dict().items():
        bits = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode() + bits.numpy().tobytes())
    return digest.hexdigest()[:16]


class FeatureFiles:
    """A mapping from the digest of a clip's media to what these encoders make of it, float16.

    Several processes may write at once, and a folder may serve several encoders: each file is written whole under a
    name of its own.

    Args:
        folder: made when something is kept.
        encoders: digest of the frozen encoders and of how they are read.
    """

    def __init__(self, folder: Path, encoders: str) -> None:
        self.folder, self.encoders = folder, encoders

    def __contains__(self, media: str) -> bool:
        return self._file(media).is_file()

    def __setitem__(self, media: str, features: Features) -> None:
        """Keep the features of one clip.

        Raises:
            DataError: a value is beyond float16.
        """
        from safetensors.torch import save_file

        half = features.to("cpu", torch.float16)
        kept = {
            name: value for name, value in ((VIDEO, half.video_BNPD), (AUDIO, half.audio_BNAD)) if value is not None
        }
        if not all(bool(value.isfinite().all()) for value in kept.values()):
            raise DataError(f"features of the clip {media} are not finite in float16: are the encoders' weights right?")
        file = self._file(media)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.{os.getpid()}")
        save_file({name: value.contiguous() for name, value in kept.items()}, part)
        part.replace(file)

    def __getitem__(self, media: str) -> Features:
        """What was kept.

        Raises:
            WeightsError: there is nothing, or the file is damaged.
        """
        kept = read_weights(self._file(media), "Remove it: the next run makes it again.")
        if unknown := sorted(set(kept) - {VIDEO, AUDIO}):
            raise WeightsError(f"{self._file(media)} holds {', '.join(unknown)}, which are no features. Remove it.")
        return Features(kept.get(VIDEO), kept.get(AUDIO))

    def _file(self, media: str) -> Path:
        key = digest_value([VERSION, self.encoders, media])
        return self.folder / key[:2] / f"{key}.safetensors"
