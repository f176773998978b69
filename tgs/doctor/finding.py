"""What the doctor can find: every kind of trouble with its weight, its meaning and its cure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum


class Severity(StrEnum):
    """How bad it is."""

    error = "error"  # an evaluation or a training would stop, or its numbers would be wrong
    warning = "warning"  # tgs handles it; a reader of the numbers should know
    note = "note"  # harmless


@dataclass(frozen=True)
class Trouble:
    """What a kind of finding means, and what to do about it."""

    severity: Severity
    means: str
    cure: str


def _error(means: str, cure: str) -> Trouble:
    return Trouble(Severity.error, means, cure)


def _warning(means: str, cure: str) -> Trouble:
    return Trouble(Severity.warning, means, cure)


def _note(means: str, cure: str) -> Trouble:
    return Trouble(Severity.note, means, cure)


class Kind(Enum):
    """Every kind of trouble by name."""

    # the csv
    unreadable_csv = _error("the csv is missing, no UTF-8 csv, or lacks a column", "fetch or write it again")
    field_count = _error("a row has more or fewer fields than the header", "quote expressions that hold a comma")
    malformed_uid = _error("a uid names no clip and category", "write it as {vid}_{category}_{n}")
    unknown_split = _error("a split that does not exist", "correct it, or set TODO to leave the row out")
    bad_fid = _error("a fid is no number", "write the number of its mask folder")
    empty_expression = _error("a row asks for nothing", "write its expression, or set its split to TODO")
    null_row = _error("a row counts in no number: null outside train, val, test_n, or not null in test_n",
                      "correct its split or its uid")  # fmt: skip
    leak = _error("a video is both learnt from and judged by", "keep its rows in one of the two")
    todo_row = _warning("an unfinished row, which no loader reads", "nothing; it is left out and counted")
    duplicate_uid = _warning("a uid stands in several rows", "nothing; rows are told apart by their place in the csv")
    several_categories = _warning("one object goes by several categories", "nothing; prompt=category tells each row's")
    other_vid = _note("the vid column names another video than the uid", "nothing; paths come from the uid")
    # lists beside it
    bad_kinds = _error("kinds of reference cannot be read", "make the clip or the file again")
    bad_instructions = _error("phase 2 cannot read or complete its texts", "use the set that belongs to this csv")
    no_instructions = _warning("phase 2 has no texts to learn from", "fetch them before a training")
    # a second csv on the same clips
    unknown_uid = _error("the first csv has no such uid", "use the two csv files that belong together")
    other_split = _error("the first csv has the uid in another split", "use the two csv files that belong together")
    other_fid = _warning("the first csv asks for another object", "nothing; the fid of this csv's own row counts")
    not_joined = _warning("no first csv beside the media to hold the rows against", "fetch it, if there is one")
    # clips
    missing_folder = _error("none of a benchmark's media or masks are there", "fetch them, or set paths")
    missing_clip = _error("a clip has no folder", "fetch it, or leave out its rows")
    missing_frame = _error("a clip lacks a frame", "extract the clip's frames again")
    extra_frame = _error("a clip has a frame too many", "remove it, or extract the clip's frames again")
    unreadable_frame = _error("a frame is no whole image", "extract the clip's frames again")
    frame_size = _error("a frame has another size than the others", "extract the clip's frames again")
    missing_sound = _error("a clip has no sound", "fetch it, or leave out its rows")
    unreadable_sound = _error("a sound is damaged, empty, or no numbers", "extract it again")
    short_sound = _error("a sound is too short for the ear", "extract it again")
    odd_duration = _warning(
        "a sound does not last as long as its frames", "extract it again; tenths of it stand for seconds"
    )
    silent_sound = _warning("nothing can be heard", "extract it again, if there should be something")
    clipped_sound = _warning("a sound is cut off at full scale", "extract it again, softer")
    muted_null = _note("a muted null clip is silent, as it should be", "nothing")
    unused_clip = _note("no row asks about a clip", "nothing")
    # masks
    missing_masks = _error("an object has no mask folder", "fetch its masks, and check the fid of its rows")
    missing_mask = _error("an object lacks a mask", "fetch its masks again; where it is absent, a mask is all zero")
    unreadable_mask = _error("a mask is no whole image", "fetch it again")
    mask_size = _error("a mask has another size than its frame", "fetch frames and masks from one source")
    mask_gray = _error("a mask has shades of gray, and all but black counts", "write it again with 0 and 255 only")
    mask_level = _warning("a mask's foreground is not 255", "nothing; all but 0 counts")
    empty_object = _warning("an object is in none of its masks", "check the fid of its rows")
    null_mask = _warning("a null row's mask is not empty", "check the row; its truth counts as empty")
    extra_mask = _note("a file among the masks that nobody reads", "nothing")
    unused_masks = _note("no row asks for these masks", "nothing")
    # the environment
    old_python = _error("Python is older than tgs needs", "make .venv again with a newer one")
    missing_package = _error("a package that tgs needs is not installed", "make setup")
    missing_extra = _note("an optional package is not installed", "make setup, if you need it")
    other_version = _warning("a package has another version than the lock", "make setup")
    no_lock = _note("no requirements.lock beside the package", "nothing; run from a checkout to compare")
    missing_device = _error("the trainer asks for devices that torch does not see", "choose another trainer")
    little_memory = _warning("less than 2 GB of memory is free", "end other programs")
    little_disk = _warning("less than 2 GB of disk is free where runs are written", "make room, or set paths.runs")
    # weights
    missing_weights = _error(
        "weights that the config names are not there",
        "python -m tgs.weights with the same settings tells how to get them",
    )
    bad_weights = _error("weights are incomplete, damaged, or do not fit", "see what it says")
    other_weights = _error("weights are not those of their manifest", "install or fetch them again")
    no_manifest = _note("no manifest says what the weights should be", "nothing")

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.value.severity


@dataclass(frozen=True)
class Finding:
    """One trouble.

    Attributes:
        kind: what sort of trouble; says how bad it is, what it means and what to do.
        where: a file below the benchmark's folders, a row of its csv (the first one is 0), a package, weights.
        what: what is there instead.
    """

    kind: Kind
    where: str
    what: str

    def as_json(self) -> dict[str, str]:
        """Plain dict."""
        return {"kind": self.kind.name, "severity": self.kind.severity, "where": self.where, "what": self.what}

    @classmethod
    def from_json(cls, entry: dict[str, str]) -> Finding:
        """What `as_json` wrote."""
        return cls(Kind[entry["kind"]], entry["where"], entry["what"])


@dataclass
class Chart:
    """What one part of the examination brought: troubles, and facts by name."""

    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)

    def find(self, kind: Kind, where: object, what: object) -> None:
        """Note a trouble."""
        self.findings.append(Finding(kind, str(where), str(what)))
