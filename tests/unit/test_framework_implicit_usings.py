"""The namespaces that SDKs import."""

from __future__ import annotations

import pytest

from routewarden.framework.implicit_usings import implicit_usings
from routewarden.framework.table import load


@pytest.mark.parametrize(
    ("sdk", "among", "not_among"),
    [
        ("Microsoft.NET.Sdk", "System.Linq", "Microsoft.AspNetCore.Builder"),
        ("Microsoft.NET.Sdk.Web", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Mvc"),
        ("Microsoft.NET.Sdk.Web/10.0.1", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Authorization"),
        ("Microsoft.NET.Sdk.Worker", "Microsoft.Extensions.Hosting", "Microsoft.AspNetCore.Builder"),
        ("Aspire.AppHost.Sdk;Microsoft.NET.Sdk.Web", "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Mvc"),
    ],
)
def test_sets(sdk: str, among: str, not_among: str) -> None:
    found = implicit_usings(sdk)
    assert "System.Collections.Generic" in found
    assert among in found
    assert not_among not in found
    assert len(found) == len(set(found))


def test_every_namespace_exists() -> None:
    table = load()
    for sdk in ("Microsoft.NET.Sdk", "Microsoft.NET.Sdk.Web", "Microsoft.NET.Sdk.Worker"):
        assert [n for n in implicit_usings(sdk) if not table.has_namespace(n)] == []
