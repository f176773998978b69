"""The shipped models with a store and without: the same numbers, and no model built for what is known."""

import json
from dataclasses import dataclass

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from tgs.config.compose import CONF, register
from tgs.config.eval import EvalConfig
from tgs.data.benchmark import BenchmarkData
from tgs.eval import build_agent
from tgs.lit.evaluate import Evaluate
from tgs.metrics.protocols import protocol
from tgs.pipeline.identity import code_of
from tgs.pipeline.recall import Recall
from tgs.pipeline.scored import SCORING, Scorer
from tgs.pipeline.store import Store
from tgs.report.records import EvalFolder

UNTRAINED = ["checkpoint=null", "thinker.llm.lora=null", "thinker.max_new_tokens=100"]
"""Phase 1's thinker answers in the form that phase 2 teaches, well enough for boxes."""


@dataclass(frozen=True)
class Ran:
    """What an evaluation left: every clip's bytes, and which models it built."""

    files: dict[str, bytes]
    built: set[str]
    rows: list[dict]


@pytest.fixture
def evaluate(made, tmp_path):
    """evaluate(*overrides, store=None, batch=4) -> `Ran`, as `tgs.eval` builds it, in this process."""
    register(EvalConfig)
    count = iter(range(100))

    def evaluate(*overrides, store=None, batch=4):
        with initialize_config_dir(CONF, version_base="1.3"):
            config = compose("eval", [f"paths.data={made}", *UNTRAINED, *overrides])
        recall = Recall(None if store is None else Store(store))
        agent = build_agent(config, recall)
        files = instantiate(config.benchmark, _convert_="all")
        shown = BenchmarkData(files=files, splits=config.splits, batch_clips=batch)
        shown.setup()
        scorer = Scorer(protocol(config.protocol.name), code_of(*SCORING), lambda: agent.segmenter.identity, recall)
        folder = EvalFolder(tmp_path / str(next(count)))
        module = Evaluate(agent=agent, scorer=scorer, folder=folder)
        for index, works in enumerate(shown.predict_dataloader()):
            module.predict_step(works, index)
        stages = {"think": agent.thinker, "ground": agent.grounder, "segment": agent.segmenter}
        kept = {path.name: path.read_bytes() for path in sorted((folder.path / "clips").iterdir())}
        rows = [row for path in sorted(kept) if path.endswith(".json") for row in json.loads(kept[path])]
        built = {name for name, stage in stages.items() if stage is not None and "model" in vars(stage)}
        return Ran({name: content for name, content in kept.items() if name.endswith(".json")}, built, rows)

    return evaluate


def numbers(ran):
    return [
        (row["uid"], row["row"], row["J"], row["F"], row["S"], row["description"], row["boxes"]) for row in ran.rows
    ]


@pytest.mark.parametrize("prompt", ["simple", "adaptive"])
def test_with_a_store_and_without_every_reference_comes_to_the_same(evaluate, tmp_path, prompt):
    asked = (f"prompt={prompt}", "prompt.unparsed=raw")
    plain = evaluate(*asked)
    assert len({row["description"] for row in plain.rows}) > 5  # else equality would mean little
    first, second = (evaluate(*asked, store=tmp_path / "store") for _ in range(2))
    assert first.files == second.files
    assert (first.built, second.built) == ({"think", "ground", "segment"}, set())
    assert numbers(plain) == numbers(first)
    alone = evaluate(*asked, batch=1)  # other batches, other last digits of the thinker: same words
    assert numbers(alone) == numbers(plain)


def test_a_sweep_builds_only_the_models_of_what_it_has_not_seen(evaluate, tmp_path):
    store = tmp_path / "store"
    evaluate("prompt=simple", store=store)
    for box, text in ((0.1, 0.15), (0.2, 0.25), (0.4, 0.35)):
        assert evaluate("prompt=simple", f"thresholds.box={box}", f"thresholds.text={text}", store=store).built <= {
            "segment"
        }
    assert evaluate("prompt=simple", "protocol=strict", store=store).built <= {"segment"}
    fine = evaluate("prompt=fine", store=store)
    assert fine.built <= {"ground", "segment"}  # one thought tells both descriptions
    assert evaluate("prompt=adaptive", store=store).built <= {"segment"}  # both are detected by now
    assert numbers(fine) == numbers(evaluate("prompt=fine"))
