import pytest
import torch

from tgs.think.projector import Projector, build_branch
from tgs.think.qformer import QFormer


@pytest.fixture
def qformer(sizes):
    torch.manual_seed(0)
    return QFormer(12, queries=3, **sizes.qformer).eval()


def test_every_frame_becomes_q_tokens_of_its_own(qformer):
    features = torch.randn(4, 6, 12)
    with torch.no_grad():
        together = qformer(features)
        assert together.shape == (4, 3, 16)
        alone = torch.cat([qformer(frame[None]) for frame in features])
    assert torch.allclose(together, alone, atol=1e-6)


def test_patches_are_a_set(qformer):
    features = torch.randn(2, 6, 12)
    with torch.no_grad():
        assert torch.allclose(qformer(features), qformer(features.flip(1)), atol=1e-5)


def test_inputs_are_normed_so_that_scale_and_offset_of_an_encoder_do_not_matter(qformer):
    features = torch.randn(2, 6, 12)
    with torch.no_grad():
        assert torch.allclose(qformer(features), qformer(50 * features + 3), atol=1e-4)


def test_both_layers_read_the_patches_and_nothing_lies_idle(sizes):
    torch.manual_seed(0)
    qformer = QFormer(12, queries=3, **sizes.qformer)
    names = [name for name, _ in qformer.named_parameters()]
    assert sum("crossattention.attention.key.weight" in name for name in names) == 2
    (qformer(torch.randn(2, 6, 12)) * torch.randn(2, 3, 16)).sum().backward()
    idle = [n for n, p in qformer.named_parameters() if p.grad is None]
    assert idle == []  # the released Q-Former drags unused word embeddings and a head along
    assert torch.isclose(qformer.queries_QD.std(), torch.tensor(0.02), rtol=0.3)


def test_half_precision_features_from_the_disk_are_read(qformer):
    features = torch.randn(2, 6, 12).half()
    with torch.no_grad():
        assert torch.equal(qformer(features), qformer(features.float()))


def test_projected_tokens_start_as_large_as_asked():
    torch.manual_seed(0)
    with torch.no_grad():
        tokens = Projector(256, 512, out_std=0.06)(torch.randn(400, 256))
    assert float(tokens.std()) == pytest.approx(0.06, rel=0.05)
    assert float(tokens.mean()) == pytest.approx(0.0, abs=0.005)


def test_a_branch_projects_what_its_qformer_reads(sizes):
    branch = build_branch(12, out=24, queries=5, **sizes.qformer).eval()
    assert branch.queries == 5
    assert branch(torch.randn(7, 6, 12)).shape == (7, 5, 24)
