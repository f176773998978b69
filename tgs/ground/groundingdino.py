"""The published Grounding-DINO: the only file that imports the `groundingdino` package (groundingdino-py 0.4.0).

The package runs BERT through methods that transformers 5 no longer has. While a model is built we give it a text
encoder of our own: the current BertModel, fed with the same per-phrase mask and restarting positions.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from tgs.errors import WeightsError
from tgs.ground.base import FLOOR, as_caption, check_frames
from tgs.ground.hf import detections
from tgs.ground.once import OncePerCaption, OncePerClip
from tgs.types import Detections
from tgs.weight_files import fit, read_checkpoint

SHORT_PX, LONG_PX = 800, 1333
"""Input size: the short side, unless the long one would exceed its bound. Source: released `load_image`."""

LEFTOVERS = {"label_enc.weight", "bert.embeddings.position_ids"}
"""Keys of the published checkpoints that no model of this package reads: a training-only embedding, and a buffer
that transformers no longer stores (IDEA-Research/GroundingDINO issue 271). Any other mismatch is an error, unlike
the released `strict=False`."""

REMEDY = (
    "`python -m tgs.weights grounder=paper` tells where groundingdino_swint_ogc.pth and bert-base-uncased come from; "
    "or use the tiny scale (scale=tiny)."
)

SETTINGS = {
    "use_checkpoint": False,  # both only save memory in training
    "use_transformer_ckpt": False,
}


def build(text: Path | str, config: Path | str | None = None, **changes: Any) -> nn.Module:
    """An untrained model in evaluation mode.

    Args:
        text: folder with the config.json and tokenizer of the text encoder (bert-base-uncased for the published one).
        config: a config file of the package's kind; None takes the packaged SwinT-OGC.
        changes: settings that replace the config's; hidden_dim must stay 256, which the package hard-codes.

    Raises:
        WeightsError: the text encoder's files are missing.
    """
    folder = Path(text)
    if not (folder / "config.json").is_file():
        raise WeightsError(f"text encoder not found: {folder}/config.json. {REMEDY}")
    package = _import()
    from groundingdino.util.slconfig import SLConfig

    packaged = Path(package.__file__).parents[2] / "config" / "GroundingDINO_SwinT_OGC.py"  # type: ignore[arg-type]
    args = SLConfig.fromfile(str(config or packaged))
    for key, value in {**SETTINGS, **changes}.items():
        setattr(args, key, value)
    tools = _TextTools(folder)
    with quiet(), _replaced(package, get_tokenlizer=tools, BertModelWarper=lambda bert_model: bert_model):
        return package.build_groundingdino(args).eval()


class GroundingDino(nn.Module):
    """Boxes for texts; all frames of a clip in one batch per caption.

    Never two captions in one batch: this package repeats the text mask in the wrong order then (head-major).
    The vision backbone runs once for all captions of a clip, the text encoder once for all its frames.

    Args:
        weights: published checkpoint, `groundingdino_swint_ogc.pth`.
        text, config: see `build`.
        floor: scores up to this are dropped.
        short_px, long_px: input size, aspect kept.

    Raises:
        WeightsError: a file is missing, or its keys do not fit the model.
    """

    def __init__(
        self,
        *,
        weights: Path | str,
        text: Path | str,
        config: Path | str | None = None,
        floor: float = FLOOR,
        short_px: int = SHORT_PX,
        long_px: int = LONG_PX,
    ) -> None:
        super().__init__()
        file = Path(weights)
        if missing := [str(path) for path in (file, Path(text) / "config.json") if not path.is_file()]:
            raise WeightsError(f"detector weights not found: {', '.join(missing)}. {REMEDY}")
        self.floor, self.short_px, self.long_px = floor, short_px, long_px
        self.model: Any = build(text, config)
        load(self.model, file)
        self.backbone = self.model.backbone = OncePerClip(self.model.backbone)
        self.model.bert = OncePerCaption(self.model.bert)

    @torch.inference_mode()
    def detect(self, frames_NHWC: NDArray[np.uint8], captions: Sequence[str]) -> list[list[Detections]]:
        """See `Grounder.detect`. Captions of more than 256 tokens are cut there by the package."""
        check_frames(frames_NHWC)
        from groundingdino.util.misc import nested_tensor_from_tensor_list

        prepared = [as_caption(caption) for caption in captions]
        device = next(self.model.parameters()).device
        samples = nested_tensor_from_tensor_list(list(self.to_pixels(frames_NHWC).to(device)))
        size_hw = frames_NHWC.shape[1:3]
        found = {}
        with quiet():
            for caption in dict.fromkeys(prepared):
                said = self.model(samples, captions=[caption] * len(frames_NHWC))
                found[caption] = detections(said["pred_logits"], said["pred_boxes"], size_hw, self.floor)
        self.backbone.forget()
        return [found[caption] for caption in prepared]

    def to_pixels(self, frames_NHWC: NDArray[np.uint8]) -> Tensor:
        """uint8 RGB frames -> normalised float (N, 3, h, w) by the package's own transforms, through PIL."""
        _import()
        import groundingdino.datasets.transforms as transforms

        steps = transforms.Compose(
            [
                transforms.RandomResize([self.short_px], max_size=self.long_px),
                transforms.ToTensor(),
                transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )
        pixels: list[Any] = [steps(Image.fromarray(frame_HWC), None)[0] for frame_HWC in frames_NHWC]
        return torch.stack(pixels)


def load(model: nn.Module, file: Path) -> None:
    """Loads a published checkpoint strictly, apart from `LEFTOVERS`. Raises WeightsError naming the keys."""
    fit(model, read_published(file), str(file))


def read_published(file: Path) -> dict[str, Tensor]:
    """A published checkpoint by parameter name, without `LEFTOVERS`.

    Raises:
        WeightsError: the file is missing, damaged, or of another form.
    """
    stored = read_checkpoint(file, REMEDY, "model")["model"]
    state = {key.removeprefix("module."): value for key, value in stored.items()}
    return {key: value for key, value in state.items() if key not in LEFTOVERS}


class _TextTools:
    """Stands in for the package's `get_tokenlizer` module: a folder's tokenizer, and a BERT without weights."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get_tokenlizer(self, _: str) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self.folder)

    def get_pretrained_language_model(self, _: str) -> nn.Module:
        from transformers import BertConfig, BertModel

        class PhraseBert(BertModel):
            """BertModel that takes the package's (B, L, L) mask: True where a token may look."""

            def forward(self, input_ids: Tensor, attention_mask: Tensor, **others: Any) -> Any:
                return super().forward(input_ids, attention_mask=attention_mask[:, None], **others)

        return PhraseBert(BertConfig.from_json_file(self.folder / "config.json"))


@contextlib.contextmanager
def _replaced(module: ModuleType, **names: Any) -> Iterator[None]:
    """Names of a module replaced for a while."""
    before = {name: getattr(module, name) for name in names}
    try:
        for name, value in names.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silences the few warnings that the package's own code causes and nothing here can help."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Importing from timm.models.layers is deprecated", FutureWarning)
        warnings.filterwarnings("ignore", "torch.meshgrid: in an upcoming release", UserWarning)
        warnings.filterwarnings("ignore", "`torch.cuda.amp.autocast", FutureWarning)
        for category in (SyntaxWarning, DeprecationWarning):  # which of them, depends on Python's version
            warnings.filterwarnings("ignore", "invalid escape sequence", category)
        yield


def _import() -> ModuleType:
    """The package's model module."""
    with quiet():
        import groundingdino.models.GroundingDINO.groundingdino as package
    return package
