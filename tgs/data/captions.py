"""Phase 1's examples: a picture, a video or a sound, a question, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tgs.data.files import read_json
from tgs.errors import DataError

AUDIO_QUESTION = "Please describe this audio."
"""The one question asked of sounds. Source: the released phase-1 dataset."""

SKIPPED_SOUNDS = frozenset({"12347"})
"""audiocap_ids that are left out. Source: the released phase-1 dataset."""


class Modality(StrEnum):
    """What a caption describes."""

    audio = "audio"
    image = "image"
    video = "video"


@dataclass(frozen=True)
class CaptionExample:
    """One question about one piece of media.

    Attributes:
        id: `{annotation file's stem}:{index in it}`.
        modality: how `media` is to be loaded and prompted.
        media: a wav; an image; a folder of frames `{i}.jpg` or a video file.
        question: without placeholders and line ends.
        answer: without the end-of-text token.
    """

    id: str
    modality: Modality
    media: Path
    question: str
    answer: str


@dataclass(frozen=True)
class CaptionSource:
    """One annotation file and where its media lie.

    Attributes:
        modality: form of the annotations.
        annotations: json list, see `read_captions`.
        media: root that the listed paths are joined to; for sounds it holds `{audiocap_id}.wav`.
    """

    modality: Modality
    annotations: Path
    media: Path

    def __post_init__(self) -> None:
        """Plain texts are accepted, as configs give them."""
        object.__setattr__(self, "modality", Modality(self.modality))
        object.__setattr__(self, "annotations", Path(self.annotations))
        object.__setattr__(self, "media", Path(self.media))


def read_captions(source: CaptionSource) -> list[CaptionExample]:
    """Read one annotation file in a published form.

    image: `[{"image": path, "conversations": [{"value": "<image>\\nquestion"}, {"value": answer}]}, ...]`
    video: the same with `video` and `<video>`
    audio: `[{"audiocap_id": id, "start_time": ..., "caption": text}, ...]`

    A full stop is added to image and video answers that lack an end mark.

    Returns:
        The examples in file order; their media are not looked at.
    Raises:
        DataError: the file is missing, no json, no list, empty, or an entry is of another form.
    Source:
        The released phase-1 dataset (`PretrainDataset`). It strips line ends only, we edge blanks too.
    """
    entries = read_json(source.annotations)
    if not isinstance(entries, list) or not entries:
        raise DataError(f"{source.annotations} must be a json list of {source.modality} captions with entries.")
    examples = []
    for index, entry in enumerate(entries):
        example_id = f"{source.annotations.stem}:{index}"
        try:
            example = (
                _sound(source, example_id, entry)
                if source.modality is Modality.audio
                else _visual(source, example_id, entry)
            )
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise DataError(
                f"{source.annotations}, entry {index} is no {source.modality} caption ({type(error).__name__}: "
                f"{error}). {_FORMS[source.modality]}"
            ) from error
        if not example.answer or not example.question:
            raise DataError(f"{source.annotations}, entry {index}: question or answer is empty. Remove the entry.")
        if example.media.stem not in SKIPPED_SOUNDS or source.modality is not Modality.audio:
            examples.append(example)
    return examples


_FORMS = {
    Modality.audio: "Expected audiocap_id and caption.",
    Modality.image: "Expected image, and conversations of a question and an answer, each with a value.",
    Modality.video: "Expected video, and conversations of a question and an answer, each with a value.",
}


def _sound(source: CaptionSource, example_id: str, entry: dict[str, Any]) -> CaptionExample:
    media = source.media / f"{entry['audiocap_id']}.wav"
    return CaptionExample(example_id, source.modality, media, AUDIO_QUESTION, entry["caption"].strip())


def _visual(source: CaptionSource, example_id: str, entry: dict[str, Any]) -> CaptionExample:
    asked, answered = (entry["conversations"][turn]["value"] for turn in (0, 1))
    question = asked.replace(f"<{source.modality}>", "").replace("\n", "").strip()
    answer = answered.strip()
    if answer and answer[-1] not in ".!?":
        answer += "."
    return CaptionExample(example_id, source.modality, source.media / entry[source.modality], question, answer)
