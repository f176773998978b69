"""What the store knows is not made again: the agent and its scores, with stages that count what they are asked."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tgs.ground.select import Choice
from tgs.metrics.protocols import protocol
from tgs.pipeline.agent import Agent
from tgs.pipeline.kinds import DETECTIONS, FEATURES, THOUGHTS, packed_score, score_of
from tgs.pipeline.recall import Kind, Recall
from tgs.pipeline.scored import Scorer
from tgs.pipeline.stage import Stage
from tgs.pipeline.store import Store
from tgs.think.features import Features
from tgs.types import Clip, Detections, Footage, Masks, Policy, Reference, Split, Thought, ThoughtStatus, Truth

SIZE = (3, 24, 32)
NUMBERS: Kind[int] = Kind("numbers", int, int)
REFERENCES = [
    Reference(row, f"a_0_10000_dog_{row}", "a_0_10000", Split.test_s, 0, "dog", text)
    for row, text in enumerate(["the dog", "any dog", "a cat", "nobody"])
]


class Counting:
    """All three stages in one: a thought is the last word, boxes and masks follow from words and places.

    Its features of a clip are the letter that the clip's name begins with.
    """

    def __init__(self):
        self.encoded, self.thought, self.detected, self.outlined, self.together = [], [], [], 0, []

    def encode(self, clips):
        (clip,) = clips
        self.encoded.append(clip.vid)
        return Features(None, torch.full((1, 1, 1, 1), ord(clip.vid[0]) + 0.1))

    def think_features(self, features, texts):
        self.thought += [text for own in texts for text in own]
        names = [chr(int(one.audio_BNAD.item())) for one in features]
        self.together.append(names)
        words = [[text.split()[-1] for text in own] for own in texts]
        return [[self.of(name, word) for word in own] for name, own in zip(names, words, strict=True)]

    def of(self, vid, word):
        doubt = len(word) / 9
        return Thought(ThoughtStatus.ok, "so", f"a {word}", word, word == "nobody", f"<{vid} {word}>", doubt=doubt)

    def detect(self, frames_NHWC, captions):
        self.detected += captions
        found = []
        for caption in captions:
            own = np.random.default_rng(sum(caption.encode()))
            corners = own.integers(0, 8, (len(frames_NHWC), 4, 2)).astype(np.float32)
            boxes = np.concatenate([corners, corners + own.integers(4, 12, corners.shape)], -1).astype(np.float32)
            scores = own.uniform(0.06, 0.9, (len(frames_NHWC), 4)).astype(np.float32)
            found.append([Detections(b[:n], s[:n]) for b, s, n in zip(boxes, scores, (4, 0, 3), strict=True)])
        return found

    def segment(self, frames_NHWC, boxes):
        masks = []
        for per_frame in boxes:
            one = Masks.empty(frames_NHWC.shape[:3])
            for frame, boxes_K4 in enumerate(per_frame):
                self.outlined += len(boxes_K4)
                for x0, y0, x1, y1 in np.asarray(boxes_K4).astype(int):
                    soft = np.full((y1 - y0, x1 - x0), 100 + x0 * 9 + y0, np.uint8)
                    place = one.soft_NHW[frame, y0:y1, x0:x1]
                    np.maximum(place, soft[: place.shape[0], : place.shape[1]], out=place)
            masks.append(one)
        return masks


@pytest.fixture
def scene():
    """A clip and true masks that count how often they are read."""
    reads = []
    rng = np.random.default_rng(0)
    clip = Clip("a_0_10000", rng.integers(0, 256, (*SIZE, 3), np.uint8), np.zeros(8, np.float32))
    truth = np.zeros(SIZE, bool)
    truth[:, 4:14, 6:18] = True
    contents = {"clip": "c", "truth": "t"}

    def footage():
        return Footage("a_0_10000", SIZE[0], lambda: contents["clip"], lambda: (reads.append("clip"), clip)[1])

    def true():
        return Truth(lambda: contents["truth"], lambda: (reads.append("truth"), truth)[1])

    return SimpleNamespace(footage=footage, truth=true, reads=reads, contents=contents)


def evaluated(scene, store, identities=("T", "G", "S"), encoders="E", code="m", name="tgs", **settings):
    """Scores, masks and stages of one run."""
    stages, built = Counting(), []
    models = [Stage(lambda: built.append(1) or stages, lambda one=one: one) for one in identities]
    thinker, grounder, segmenter = models
    recall = Recall(None if store is None else Store(store))
    agent = Agent(
        **{"policy": Policy.simple, "choice": Choice.all} | settings,
        thinker=thinker, grounder=grounder, segmenter=segmenter, recall=recall, encoders=lambda: encoders,
    )  # fmt: skip
    scorer = Scorer(protocol(name), code, lambda: segmenter.identity, recall)
    footage, truth = scene.footage(), scene.truth()
    truths = [truth] * len(REFERENCES)
    (thoughts,) = agent.think([footage], [REFERENCES])
    outcomes = agent.aim(footage, REFERENCES, truths, thoughts)
    scores = scorer.scores(footage, outcomes, truths, lambda wanted: agent.outline(footage, wanted))
    empty = scorer.if_rejected(footage, REFERENCES, truths)
    facts = scorer.facts(truths)
    told = [
        (o.thought, o.grounded.text, [b.tolist() for b in o.grounded.boxes], o.grounded.scores, s, e, f)
        for o, s, e, f in zip(outcomes, scores, empty, facts, strict=True)
    ]
    curves = [None if score.curve is None else score.curve.total for score in scores]
    return SimpleNamespace(told=told, curves=curves, stages=stages, built=len(built), agent=agent, outcomes=outcomes)


def same(one, other):
    assert one.told == other.told
    for left, right in zip(one.curves, other.curves, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("policy", [Policy.simple, Policy.fine, Policy.raw, Policy.adaptive, Policy.box])
def test_with_a_store_and_without_all_is_the_same_and_the_second_run_makes_and_reads_nothing(scene, tmp_path, policy):
    plain = evaluated(scene, None, policy=policy)
    first = evaluated(scene, tmp_path, policy=policy)
    same(plain, first)
    scene.reads.clear()
    second = evaluated(scene, tmp_path, policy=policy)
    same(plain, second)
    assert second.built == 0
    assert scene.reads == (["truth"] if policy is Policy.box else [])


def test_equal_questions_are_asked_once(scene, tmp_path):
    done = evaluated(scene, tmp_path)
    assert done.stages.encoded == ["a_0_10000"]
    assert done.stages.thought == [reference.text for reference in REFERENCES]
    assert done.stages.detected == ["cat", "dog"]
    distinct = {(n, tuple(box)) for row in done.told for n, boxes in enumerate(row[2]) for box in boxes}
    assert done.stages.outlined == len(distinct)


def test_thresholds_prompts_and_protocols_run_only_what_depends_on_them(scene, tmp_path):
    evaluated(scene, tmp_path, box_threshold=0.05)
    stricter = evaluated(scene, tmp_path, box_threshold=0.5)
    assert (stricter.stages.thought, stricter.stages.detected, stricter.stages.outlined) == ([], [], 0)
    best = evaluated(scene, tmp_path, choice=Choice.best)
    assert (best.stages.thought, best.stages.detected, best.stages.outlined) == ([], [], 0)
    fine = evaluated(scene, tmp_path, policy=Policy.fine)
    assert (fine.stages.thought, fine.stages.detected) == ([], ["a cat", "a dog"])
    strict = evaluated(scene, tmp_path, name="strict")
    assert (strict.stages.thought, strict.stages.detected, strict.stages.outlined) == ([], [], 0)
    same(evaluated(scene, None, box_threshold=0.5), stricter)
    same(evaluated(scene, None, name="strict"), strict)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({"identities": ("T2", "G", "S")}, (True, False, False)),
        ({"identities": ("T", "G2", "S")}, (False, True, False)),
        ({"identities": ("T", "G", "S2")}, (False, False, True)),
        ({"clip": "c2"}, (True, True, True)),
        ({"truth": "t2"}, (False, False, False)),
        ({"code": "m2"}, (False, False, False)),
    ],
)
def test_what_made_a_value_counts_and_nothing_else(scene, tmp_path, change, again):
    evaluated(scene, tmp_path)
    scene.contents.update({key: value for key, value in change.items() if key in scene.contents})
    scene.reads.clear()
    changed = evaluated(scene, tmp_path, **{key: value for key, value in change.items() if key not in scene.contents})
    made = changed.stages
    assert (bool(made.thought), bool(made.detected), made.outlined > 0) == again
    assert ("truth" in scene.reads) == ("truth" in change or "code" in change or again[2])


def test_another_checkpoint_thinks_anew_of_what_the_same_encoders_saw(scene, tmp_path):
    first = evaluated(scene, tmp_path)
    scene.reads.clear()
    tuned = evaluated(scene, tmp_path, identities=("T2", "G", "S"))
    same(first, tuned)
    assert (tuned.stages.encoded, tuned.stages.thought) == ([], first.stages.thought)
    assert "clip" not in scene.reads
    assert evaluated(scene, tmp_path, identities=("T3", "G", "S"), encoders="E2").stages.encoded == ["a_0_10000"]
    scene.contents["clip"] = "c2"
    assert evaluated(scene, tmp_path).stages.encoded == ["a_0_10000"]


def test_thoughts_that_depend_on_those_beside_them_are_kept_together(scene, tmp_path):
    evaluated(scene, tmp_path, apart=False)
    assert evaluated(scene, tmp_path, apart=False).stages.thought == []
    assert evaluated(scene, tmp_path).stages.thought == [reference.text for reference in REFERENCES]


@pytest.mark.parametrize("apart", [True, False])
def test_several_clips_are_thought_about_at_once_and_each_gets_its_own(scene, tmp_path, apart):
    def thoughts(names, stages, references):
        agent = Agent(Policy.simple, Stage.of(stages), Stage.of(stages), recall=Recall(Store(tmp_path)), apart=apart)
        clip = scene.footage().clip
        shown = [Footage.of(replace(clip, vid=name), name) for name in names]
        return [[one.raw for one in own] for own in agent.think(shown, [references] * len(names))]

    first, second = Counting(), Counting()
    assert thoughts(["b"], first, REFERENCES[1:3]) == [["<b dog>", "<b cat>"]]
    everyone = ["dog", "dog", "cat", "nobody"]
    told = [[f"<{name} {word}>" for word in everyone] for name in "abc"]
    assert thoughts(["a", "b", "c"], second, REFERENCES) == told
    texts = [reference.text for reference in REFERENCES]
    assert second.thought == texts + (["the dog", "nobody"] if apart else texts) + texts
    assert second.together == ([["a", "b", "c"]] if apart else [["a"], ["b"], ["c"]])  # none may see another's padding
    third = Counting()
    assert thoughts(["c", "a"], third, REFERENCES) == [told[2], told[0]]
    assert third.thought == []


def test_only_what_is_missing_is_made_in_order(tmp_path):
    recall, asked = Recall(Store(tmp_path)), []

    def make(missing):
        asked.append(missing)
        return [10 * one for one in missing]

    assert recall.each(NUMBERS, [3, 1, 3], lambda one: one, make) == [30, 10, 30]
    assert recall.each(NUMBERS, [2, 1, 4, 3, 2], lambda one: one, make) == [20, 10, 40, 30, 20]
    assert recall.each(NUMBERS, [], lambda one: one, make) == []
    assert asked == [[3, 1], [2, 4]]
    assert Recall().each(NUMBERS, [3, 3], lambda one: 1 / 0, make) == [30, 30]


def test_features_thoughts_and_detections_come_back_equal():
    video, audio = torch.rand(1, 2, 3, 4), torch.rand(1, 2, 5, 4)
    for features in (Features(video, audio), Features(video, None), Features(None, audio)):
        again = FEATURES.unpack(FEATURES.pack(features))
        for one, other in zip(vars(features).values(), vars(again).values(), strict=True):
            assert other is None if one is None else torch.equal(one, other)
    thought = Thought(ThoughtStatus.cut, "r", None, "dog", False, "raw", doubt=0.1)
    (again,) = THOUGHTS.unpack(THOUGHTS.pack([thought]))
    assert (again, again.doubt) == (thought, 0.1)
    frames = [Detections(np.eye(4, dtype=np.float32)[:n], np.arange(n, dtype=np.float32) / 7) for n in (2, 0, 3)]
    for one, other in zip(frames, DETECTIONS.unpack(DETECTIONS.pack(frames)), strict=True):
        np.testing.assert_array_equal(one.boxes_K4, other.boxes_K4)
        np.testing.assert_array_equal(one.scores_K, other.scores_K)


def test_a_score_is_whoever_asks_for_it():
    truth = np.zeros((2, 224, 224), bool)
    truth[:, :100, :100] = True
    one, two = REFERENCES[0], replace(REFERENCES[1], kind="named")
    score = protocol("tgs").score(one, Masks.of_binary(truth), truth)
    assert score_of(one, packed_score(score)) == score
    assert score_of(two, packed_score(score)) == replace(score, uid=two.uid, row=1, kind="named")
