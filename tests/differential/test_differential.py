"""Random apps: RouteWarden's register equals what ASP.NET Core answers for the same files.

The framework is asked through ../shared/dotnet/oracle, or, where that is not there, through a `dotnet` on the PATH (fewer apps: MSBuild
takes its time). Where there is neither, the test says so and is skipped.
"""

from __future__ import annotations

import pytest
from tests.differential import own_dotnet
from tests.differential.comparison import Comparison, ask, compare, oracle
from tests.differential.generator import generate, single
from tests.differential.templated import templates

SEEDS = range(1000, 1012)
FEW = range(1000, 1003)


def test_a_seed_always_gives_the_same_app() -> None:
    assert generate(7) == generate(7)
    assert generate(7) != generate(8)


def test_every_idiom_can_be_written() -> None:
    for template in templates():
        for seed in range(3):
            assert not any("§" in text for text in single(seed, template).values())


@pytest.mark.oracle
def test_register_equals_the_framework() -> None:
    tool, dotnet = oracle(), own_dotnet.find()
    if tool is None and dotnet is None:
        pytest.skip("no .NET SDK: neither ../shared/dotnet/oracle nor a `dotnet` 10 on the PATH, so the framework cannot be asked")
    apps = {f"seed{seed}": generate(seed) for seed in (SEEDS if tool is not None else FEW)}
    answers = ask(apps, tool) if tool is not None else own_dotnet.ask(apps, dotnet or "")
    result = Comparison()
    for name, files in apps.items():
        truth = answers[name]
        assert isinstance(truth, dict)
        compare(result, name, files, truth)
    assert not result.broken
    assert not result.deviations, "\n".join([str(result), *result.deviations])
    assert result.endpoints > 20 * len(apps)


@pytest.mark.oracle
def test_a_dotnet_on_the_path_answers_as_the_oracle() -> None:
    """Run by hand or in CI where the SDK is on the PATH: `Witness.cs` and the oracle agree on an app."""
    tool, dotnet = oracle(), own_dotnet.find()
    if tool is None or dotnet is None:
        pytest.skip("needs both ../shared/dotnet/oracle and a `dotnet` 10 on the PATH")
    apps = {"seed1000": generate(1000)}
    one, other = ask(apps, tool)["seed1000"], own_dotnet.ask(apps, dotnet)["seed1000"]
    assert isinstance(one, dict)
    assert isinstance(other, dict)
    assert sorted((r["route"], r["methods"], r["access"]) for r in one["endpoints"]) == sorted(
        (r["route"], r["methods"], r["access"]) for r in other["endpoints"]
    )
