"""Random apps, attacked: what a second user reaches is what AP101 says, what an owner's call leaves behind is what AP107 says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.differential.attack.app import generate
from tests.differential.attack.execution import Truth, attack
from tests.differential.attack.score import Score, compare
from tests.differential.comparison import oracle

SEEDS = range(5000, 5006)


def test_a_seed_always_gives_the_same_app() -> None:
    assert generate(7) == generate(7)
    assert generate(7) != generate(8)


def test_an_endpoint_that_nobody_could_use_is_no_pass() -> None:
    app = generate(7)
    truth = {e.key: Truth(False, False, False, "") for e in app.endpoints}
    first = app.endpoints[0].key
    truth[first] = replace(truth[first], broken="500")
    score = Score()
    compare(score, app, truth, rules=False)
    assert len(score.broken) == 1
    assert score.counts["endpoints"] == len(app.endpoints) - 1


@pytest.mark.oracle
def test_the_rules_say_what_the_attacks_find() -> None:
    tool = oracle()
    if tool is None:
        pytest.skip("../shared/dotnet/oracle is not there: no app can be attacked")
    found, score = {}, Score()
    for app, truth in attack([generate(seed) for seed in SEEDS], tool):
        assert not isinstance(truth, str), f"{app.name}: {truth}"
        assert not [f"{app.name} {key}: {t.broken}" for key, t in truth.items() if t.broken]
        found.update({(app.name, key): t for key, t in truth.items()})
        compare(score, app, truth)
    for kind in ("vulnerable", "destructive", "audited"):
        assert {getattr(t, kind) for t in found.values()} == {True, False}
    # The bar over hundreds of apps is 0.97 for all four; of these few, one endpoint more or less is some hundredths.
    for rule in ("AP101", "AP107"):
        assert score.ratio(rule, "precision") >= 0.97, score.deviations
        assert score.ratio(rule, "recall") >= 0.9, score.deviations
