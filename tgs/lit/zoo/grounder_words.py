"""The tiny detector's language: its word-piece vocabulary, and the phrases it is taught."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from tgs.stickers.categories import CATEGORIES, COLOURS
from tgs.stickers.scene import Level

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ROWS = 1030
"""transformers' Grounding-DINO takes the ids 101, 102, 1012 and 1029 for [CLS], [SEP], '.' and '?', as BERT has."""

SPECIAL = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]", 1012: ".", 1029: "?"}
FIRST_WORD = 110

FRAME_WORDS = (
    "a an the on in at of to and with from that is one object thing making makes playing sound sounds silent sounding "
    "far left right center middle side scene image video frame big small large"
)

REFERENCE_WORDS = (
    "above after aircraft alarm all already animal answer any anything around as asleep autumn away balance barking "
    "barrel be beat bed before beginning begins bellows beside best between biker black bleating bluegrass body bow "
    "box brass breath breathes brings builds but butter cab calls campfire can cargo charmers cheese chin church "
    "circus clapper clip closing comb comes concert conductor count cover covers creature crowing cup curved cuts "
    "daily desk device directly does drive drown drowns drumming duration during dyed ears edge else end ended ends "
    "engine every everybody everything face fall falling falls family fanfare farm fears feathered fetches fewest "
    "fills first fleecy flock folded for found four frets friend furniture further garage gets gives goes going "
    "golden goods grazing guards half hammers hands has hauls have hear heard heavy held hello helmet hens here "
    "hidden high hit hole hollow hours house household hovers hunter hunts hurry husband inside instrument into it "
    "its jazz joins just keep keeps keyed keys king lands last late leash leather leaves leftmost legs lesson level "
    "life like lips lives living loading long longest look looks louder loudest machine mailman make man mane many "
    "marching means meowing metal mice milk mooing more morning most moving music naps nearest nearly neck needs "
    "neighbor nest never next nine no noise not notes nothing number objects once only opening opens orchestra other "
    "others our out over pad painted pan people percussion pet picture pipe place played proud purrs quartet quiet "
    "rails reaches receiver reed rescue rest ride rightmost roaring roof rotor round row royal rule runs said sailors "
    "savanna school second seconds seen shaped shepherd shepherds shiny shortest sideways singer six skin slim "
    "smallest smoking smoky snake softer softest soldiers solo somebody somewhere songs source south squeeze stage "
    "standing stands start starts station stays sticks still stop stopped stops stores string stringed strings struck "
    "strum sun sunrise tail talk tamer tells than this three thunders ticking time times timetable top transport tube "
    "turns twanging two udder under until up valves vehicle voice wags waits wakes waltzes we wheels when while "
    "whiskered white whose wild wind without wooden wool work"
)
"""Words of the references and riddles of `tgs.stickers`: they name nothing that could be boxed."""


def vocabulary() -> list[str]:
    """1,030 word pieces: special ones at BERT's rows, then words, then single characters for everything else.

    Hyphenated categories are split at the hyphen, as BERT's tokenizer does it.
    """
    words = {part for name in (*CATEGORIES, *COLOURS, *Level) for part in name.split("-")} | set(FRAME_WORDS.split())
    letters = [*string.ascii_lowercase, *string.digits]
    pieces = [*letters, *(f"##{letter}" for letter in letters), ",", "-", "'", '"', "!", ";", ":"]
    rows = [f"[unused{row}]" for row in range(ROWS)]
    for row, piece in SPECIAL.items():
        rows[row] = piece
    later = [word for word in REFERENCE_WORDS.split() if word not in words]
    for row, piece in enumerate([*sorted(words - set(pieces)), *pieces, *later], start=FIRST_WORD):
        rows[row] = piece
    return rows


def tokenizer() -> Tokenizer:
    """BERT's own lower-casing word-piece tokenizer on `vocabulary`, adding [CLS] and [SEP]."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    rows = {piece: row for row, piece in enumerate(vocabulary())}
    made = Tokenizer(models.WordPiece(rows, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", rows["[SEP]"]), ("[CLS]", rows["[CLS]"]))
    made.decoder = decoders.WordPiece()
    return made
