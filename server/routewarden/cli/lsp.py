"""`routewarden lsp`: the language server on stdin and stdout."""

from __future__ import annotations

import click


@click.command()
def lsp() -> None:
    """Run the language server on stdin and stdout (for editors)."""
    from routewarden.lsp.server import serve

    serve()
