"""Random apps: RouteWarden's register equals what ASP.NET Core answers for the same files."""

from __future__ import annotations

import pytest
from tests.differential.comparison import Comparison, ask, compare, oracle
from tests.differential.generator import generate

SEEDS = range(1000, 1012)


def test_a_seed_always_gives_the_same_app() -> None:
    assert generate(7) == generate(7)
    assert generate(7) != generate(8)


@pytest.mark.oracle
def test_register_equals_the_framework() -> None:
    tool = oracle()
    if tool is None:
        pytest.skip("../shared/dotnet/oracle is not there: the framework cannot be asked")
    apps = {f"seed{seed}": generate(seed) for seed in SEEDS}
    answers = ask(apps, tool)
    result = Comparison()
    for name, files in apps.items():
        truth = answers[name]
        assert isinstance(truth, dict)
        compare(result, name, files, truth)
    assert not result.broken
    assert not result.deviations, "\n".join([str(result), *result.deviations])
    assert result.endpoints > 100
