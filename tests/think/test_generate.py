"""Batched, cached, prefix-sharing decoding against the plainest loop there is."""

import pytest
import torch

from tgs.think.generate import answering, decode, decode_unmasked, greedy
from tgs.think.llm import word_embeddings
from tgs.types import Padding

SUFFIXES = [[4, 5, 10], [6, 7, 8, 9, 11, 12], [5], [4, 5, 10, 13]]
PREFIX_OF = [0, 1, 0, 1]
NEW = 10


@pytest.fixture
def prefixes():
    return 0.4 * torch.randn(2, 7, 24, generator=torch.Generator().manual_seed(3))


@torch.no_grad()
def plainly(llm, prefix_LD, suffix, n, stop_ids=()):
    """One row, no cache, no padding, no mask: the whole sequence is read again for every token."""
    ids, seen = [], []
    for _ in range(n):
        words = word_embeddings(llm)(torch.tensor([*suffix, *ids]))
        logits = llm(inputs_embeds=torch.cat([prefix_LD, words])[None]).logits[0, -1]
        seen.append(logits)
        ids.append(int(logits.argmax()))
        if ids[-1] in stop_ids:
            break
    return ids, torch.stack(seen)


def run(llm, prefixes, prefix_of=PREFIX_OF, suffixes=SUFFIXES, *, stop_ids=(), n=NEW, **more):
    return greedy(llm, prefixes, prefix_of, suffixes, stop_ids=stop_ids, pad_id=0, max_new_tokens=n, **more)


def test_rows_of_mixed_lengths_equal_the_plain_way_token_by_token(llm, prefixes):
    expected = [plainly(llm, prefixes[c], s, NEW)[0] for c, s in zip(PREFIX_OF, SUFFIXES, strict=True)]
    assert len({tuple(ids) for ids in expected}) == 4  # else equality would mean little
    assert [row.ids for row in run(llm, prefixes)] == expected


def test_logits_equal_the_plain_way(llm, prefixes):
    steps = decode(llm, prefixes, PREFIX_OF, SUFFIXES, pad_id=0, new_tokens=NEW // 2)
    found = [next(steps)]
    for _ in range(NEW - 1):
        found.append(steps.send((found[-1].argmax(-1), None)))
    for row, (clip, suffix) in enumerate(zip(PREFIX_OF, SUFFIXES, strict=True)):
        expected = plainly(llm, prefixes[clip], suffix, NEW)[1]
        assert (torch.stack(found)[:, row] - expected).abs().max() < 1e-4


def test_probabilities_are_those_of_the_softmax_of_the_plain_way(llm, prefixes):
    rows = run(llm, prefixes)
    for row, clip, suffix in zip(rows, PREFIX_OF, SUFFIXES, strict=True):
        ids, logits = plainly(llm, prefixes[clip], suffix, NEW)
        expected = logits.double().softmax(-1)[torch.arange(NEW), ids]
        assert row.probabilities == pytest.approx(expected.tolist(), abs=1e-4)
    assert min(p for row in rows for p in row.probabilities) < 0.5  # else they could all be 1


def test_batched_equals_one_by_one(llm, prefixes):
    alone = [run(llm, prefixes[[c]], [0], [s])[0] for c, s in zip(PREFIX_OF, SUFFIXES, strict=True)]
    assert run(llm, prefixes) == alone


def test_what_the_padding_holds_does_not_matter(llm, prefixes):
    with torch.no_grad():
        logits = [next(decode(llm, prefixes, PREFIX_OF, SUFFIXES, pad_id=pad, new_tokens=1)) for pad in (0, 9)]
    assert torch.allclose(*logits, atol=1e-5)


def test_every_row_stops_by_itself(llm, prefixes):
    free = [row.ids for row in run(llm, prefixes)]
    stop = {free[0][2], free[1][5]}
    rows = run(llm, prefixes, stop_ids=stop)
    for row, ids in zip(rows, free, strict=True):
        first = next((i for i, token in enumerate(ids) if token in stop), None)
        assert row.finished == (first is not None)
        assert row.ids == (ids if first is None else ids[: first + 1])
        assert len(row.probabilities) == len(row.ids)
    assert len({len(row.ids) for row in rows}) > 1
    assert {row.finished for row in rows[:2]} == {True}


def test_rows_that_have_ended_are_left_out_of_later_steps(llm, prefixes):
    free = [row.ids for row in run(llm, prefixes)]
    ends = {free[0][2], free[1][5]}
    lengths = [next((i for i, token in enumerate(ids) if token in ends), NEW - 1) + 1 for ids in free]
    read = []
    handle = llm.register_forward_pre_hook(
        lambda _, __, named: read.append(len(named["inputs_embeds"])), with_kwargs=True
    )
    rows = run(llm, prefixes, stop_ids=ends)
    handle.remove()
    assert [len(row.ids) for row in rows] == lengths
    assert len(set(lengths)) > 1
    assert read == [sum(length > step for length in lengths) for step in range(max(lengths))]  # 1 of 4 is a quarter


def test_the_limit_cuts_off(llm, prefixes):
    rows = run(llm, prefixes, n=3)
    assert [(len(row.ids), row.finished) for row in rows] == [(3, False)] * 4
    last = rows[2].ids[2]
    assert run(llm, prefixes, n=3, stop_ids={last})[2].finished  # stopping at the limit is not being cut


def test_decoding_stops_when_all_rows_have(llm, prefixes):
    calls = []
    handle = llm.register_forward_pre_hook(lambda *_: calls.append(1))
    everything = range(llm.config.vocab_size)
    rows = run(llm, prefixes, stop_ids=everything)
    handle.remove()
    assert [len(row.ids) for row in rows] == [1] * 4
    assert len(calls) == 1


@torch.no_grad()
def padded(llm, prefixes, prefix_of, suffixes, n, pad_id=0):
    """The whole padded batch, read anew for every token with a mask of ones and positions 0, 1, 2...

    transformers 4.37.2 makes these of `inputs_embeds` alone, which is all that the released code hands on.
    """
    words = word_embeddings(llm)
    longest = max(map(len, suffixes))
    embeds = torch.stack([
        torch.cat([words(torch.tensor([pad_id] * (longest - len(suffix)), dtype=torch.long)), prefixes[clip],
                   words(torch.tensor(suffix))])
        for clip, suffix in zip(prefix_of, suffixes, strict=True)
    ])  # fmt: skip
    seen = []
    for _ in range(n):
        mask = torch.ones(embeds.shape[:2], dtype=torch.long)
        output = llm(inputs_embeds=embeds, attention_mask=mask, position_ids=mask.cumsum(-1) - 1)
        seen.append(output.logits[:, -1])
        embeds = torch.cat([embeds, words(seen[-1].argmax(-1))[:, None]], dim=1)
    return torch.stack(seen)


def test_unmasked_padding_is_read_like_text(llm, prefixes):
    steps = decode_unmasked(llm, prefixes, PREFIX_OF, SUFFIXES, pad_id=0)
    found = [next(steps)]
    for _ in range(NEW - 1):
        found.append(steps.send((found[-1].argmax(-1), None)))
    expected = padded(llm, prefixes, PREFIX_OF, SUFFIXES, NEW)
    assert (torch.stack(found) - expected).abs().max() < 1e-4
    rows = greedy(
        llm, prefixes, PREFIX_OF, SUFFIXES, stop_ids=(), pad_id=0, max_new_tokens=NEW, padding=Padding.unmasked
    )
    assert [row.ids for row in rows] == expected.argmax(-1).T.tolist()


def test_unmasked_padding_changes_the_shorter_rows_only(llm, prefixes):
    unmasked = next(decode_unmasked(llm, prefixes, PREFIX_OF, SUFFIXES, pad_id=0))
    masked = next(decode(llm, prefixes, PREFIX_OF, SUFFIXES, pad_id=0, new_tokens=1))
    far = (unmasked - masked).abs().amax(dim=1)
    assert far[1] < 1e-4  # the longest has no padding
    assert (far[[0, 2, 3]] > 1e-2).all()
    alone = next(decode_unmasked(llm, prefixes, [0], SUFFIXES[:1], pad_id=0))
    assert (alone[0] - masked[0]).abs().max() < 1e-4  # nor has a row on its own


def test_answering_restores_learning():
    module = torch.nn.Dropout()
    with answering(module):
        assert not module.training
    assert module.training
    with answering(module.eval()):
        pass
    assert not module.training
