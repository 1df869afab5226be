"""What an access means, in one sentence; the same in the editor, on the command line and in documents."""

from __future__ import annotations

from collections.abc import Iterator

from routewarden.model.register import Access, Endpoint

ACCESS = {
    Access.PUBLIC: "Anyone can call it, and nothing says that this is meant",
    Access.ANONYMOUS: "Anyone can call it, explicitly",
    Access.AUTHENTICATED: "Every signed-in user can call it",
    Access.RESTRICTED: "Signed-in users who meet its roles or policies can call it",
    Access.GUARDED: "Guarded by a mechanism of its own",
    Access.UNKNOWN: "Who can call it could not be decided",
}


def meaning(endpoint: Endpoint) -> str:
    """Who may call it, with the reason where there is one (backticks mark code)."""
    reason = endpoint.verdict.reason
    return f"{ACCESS[endpoint.access]}{': ' if reason else ''}{reason}"


def demands(endpoint: Endpoint) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is asked of the caller: ("roles", names), ("policies", names), ("schemes", names), those that are not empty."""
    verdict = endpoint.verdict
    for title, names in (("roles", verdict.roles), ("policies", verdict.policies), ("schemes", verdict.schemes)):
        if names:
            yield title, names
