"""A thinker of which every process holds a part: same loss, gradients and thoughts, and whole again at the end."""

import pytest
import torch
from torch import distributed, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor

from tgs.errors import ConfigError
from tgs.lit.sharding import gather, shard
from tgs.lit.trained import freeze_except
from tgs.think.llm import add_lora
from tgs.think.prompt import thought_prompt

TEXTS, ANSWERS = ["The loud dog", "guitar"], ["a red dog on the left", "it"]


@pytest.fixture
def learner(thinker):
    """LoRA, not all zero, and branches learn; no dropout."""
    add_lora(thinker.llm, rank=4, alpha=8, dropout=0.0)
    freeze_except(thinker, ["lora_", "branches."])
    torch.manual_seed(3)
    for name, parameter in thinker.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    return thinker.eval()


@pytest.mark.parametrize(("kind", "tolerance", "checkpointing"), [
    (torch.float32, 1e-5, False), (torch.float32, 1e-5, True), (torch.bfloat16, 0.02, False),
])  # fmt: skip
def test_it_learns_and_answers_as_a_whole_one(learner, clips, together, kind, tolerance, checkpointing):
    for parameter in learner.llm.parameters():
        if not parameter.requires_grad:
            parameter.data = parameter.data.to(kind)  # bfloat16 beside float32, as at the paper's scale
    features, prompts = learner.encode(clips[:2]), [thought_prompt(learner.template, text) for text in TEXTS]
    thoughts = learner.think_each(features, [TEXTS, TEXTS[:1]])
    if checkpointing:
        learner.llm.activation_checkpointing_enable()
    learner.llm.train(checkpointing)
    loss = learner.loss(features, prompts, ANSWERS)
    loss.backward()
    whole = {name: (p.detach().clone(), p.grad) for name, p in learner.named_parameters() if p.requires_grad}
    learner.zero_grad(set_to_none=True)

    def work():
        distributed.init_process_group("gloo")
        shard(learner, init_device_mesh("cpu", (2,)))
        assert all(isinstance(parameter, DTensor) for parameter in learner.parameters())
        assert learner.think_each(features, [TEXTS, TEXTS[:1]]) == thoughts
        learner.llm.train(checkpointing)
        own = learner.loss(features, prompts, ANSWERS)  # both processes learn from the same rows
        own.backward()
        assert own.item() == pytest.approx(loss.item(), rel=tolerance)
        for name, parameter in learner.named_parameters():
            if parameter.requires_grad:
                expected = whole[name][1]
                assert (parameter.grad.full_tensor() - expected).norm() <= tolerance * expected.norm() + 1e-6
        gather(learner)
        assert all(torch.equal(learner.get_parameter(name), value) for name, (value, _) in whole.items())
        distributed.destroy_process_group()

    together(2, work)


def test_weights_of_four_bits_are_not_torn(learner):
    learner.llm.register_parameter("packed", nn.Parameter(torch.zeros(2, dtype=torch.uint8), requires_grad=False))
    with pytest.raises(ConfigError, match=r"thinker\.llm\.quantize=4bit does not go with trainer=fsdp"):
        shard(learner, None)  # type: ignore[arg-type]
