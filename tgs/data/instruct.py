"""Phase 2's teaching texts: what Ref-Thinker should answer to each reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tgs.data.files import read_json
from tgs.errors import DataError
from tgs.types import Reference


@dataclass(frozen=True)
class InstructExample:
    """One reference and the text that answers it.

    The clip is not loaded: whoever trains encodes each folder once and shares it among its examples.

    Attributes:
        reference: the question.
        answer: the whole target, `<think> ... </answer>`, without the end-of-text token.
    """

    reference: Reference
    answer: str

    @property
    def folder(self) -> str:
        """Which clip it is about."""
        return self.reference.folder


def read_answers(path: Path) -> dict[str, str]:
    """Read an instruction-tuning set: a json object `{uid: {"output": text, ...}}`.

    Returns:
        uid -> text, as it stands in the file.
    Raises:
        DataError: the file is missing, no json, or of another form; the message names the uid.
    Source:
        The form that the released training code reads of `RefThinker_instruction_tuning_set.json`.
    """
    entries = read_json(path)
    if not isinstance(entries, dict) or not entries:
        raise DataError(f'{path} must be a json object {{uid: {{"output": text}}}} with entries. Fetch it again.')
    answers = {}
    for uid, entry in entries.items():
        output = entry.get("output") if isinstance(entry, dict) else None
        if not isinstance(output, str) or not output.strip():
            raise DataError(f'{path}: uid {uid} has no text under "output". Complete or remove the entry.')
        answers[uid] = output
    return answers


def instruct_examples(references: Sequence[Reference], answers: Mapping[str, str]) -> list[InstructExample]:
    """Join references with their answers by uid; answers to other uids are left alone.

    Args:
        references: usually those of the train split; null rows too have an answer.
        answers: see `read_answers`.
    Returns:
        One example per reference, in order.
    Raises:
        DataError: a reference has no answer.
    """
    missing = [reference for reference in references if reference.uid not in answers]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(references)} references have no answer in the instruction set, the first being "
            f"{missing[0].uid} (csv row {missing[0].row}, split {missing[0].split}). Every train uid needs one, null "
            f"rows too: use the set that belongs to this csv."
        )
    return [InstructExample(reference, answers[reference.uid]) for reference in references]
