"""The calls on PageConventionCollection, as start-up code makes them.

Invariant: kept in order, in `ModelList.told`, with the method's name as the kind. Which pages a call concerns is decided here too:
https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.RazorPages/src/DependencyInjection/PageConventionCollectionExtensions.cs
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.model.values import Const, Convention, ModelList, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator, Passed

# Method -> how many arguments say which pages it concerns.
CALLS = {
    "AuthorizePage": 1, "AuthorizeFolder": 1, "AuthorizeAreaPage": 2, "AuthorizeAreaFolder": 2, "AllowAnonymousToPage": 1,
    "AllowAnonymousToFolder": 1, "AllowAnonymousToAreaPage": 2, "AllowAnonymousToAreaFolder": 2, "AddPageRoute": 1, "AddAreaPageRoute": 2,
    "AddPageRouteModelConvention": 1, "AddFolderRouteModelConvention": 1, "AddAreaPageRouteModelConvention": 2,
    "AddAreaFolderRouteModelConvention": 2, "AddPageApplicationModelConvention": 1, "AddFolderApplicationModelConvention": 1,
    "AddAreaPageApplicationModelConvention": 2, "AddAreaFolderApplicationModelConvention": 2,
}


def call(ev: Evaluator, target: ModelList, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """Keeps a page convention; None for what is none."""
    if target is not ev.app.page_conventions or (where.name not in CALLS and where.name != "ConfigureFilter"):
        return None
    values = tuple(p.value for p in passed)
    target.told.append(Convention(where.name, where.site, where.text, values, tuple(ev.conditions)))
    return target


def concerns(told: Convention, view_path: str, area: str | None) -> bool:
    """Whether the convention is about the page. Without an area it is about pages outside areas only."""
    count = CALLS.get(told.kind, 0)
    texts = [v.value if isinstance(v, Const) and isinstance(v.value, str) else None for v in told.values[:count]]
    if len(texts) < count or None in texts:
        return False
    wanted_area = texts[0] if count == 2 else None
    if (wanted_area or "").lower() != (area or "").lower():
        return False
    path = str(texts[-1])
    if "Folder" not in told.kind:
        return path.lower() == view_path.lower()
    folder = path.rstrip("/").lower()
    return path == "/" or view_path.lower().startswith(folder + "/")
