"""Three clients that differ in what they can do: VS Code, Neovim (which counts in UTF-8) and one that says nothing."""

from __future__ import annotations

import attrs
from lsprotocol import types
from pytest_lsp import client_capabilities


def vscode() -> types.ClientCapabilities:
    """The bundled set is of 2022; what VS Code has told servers since then is added."""
    capabilities = client_capabilities("visual-studio-code")
    text_document = capabilities.text_document
    workspace = capabilities.workspace
    assert text_document is not None and workspace is not None
    text_document.diagnostic = types.DiagnosticClientCapabilities(dynamic_registration=True, related_document_support=False)
    workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    workspace.did_change_watched_files = types.DidChangeWatchedFilesClientCapabilities(
        dynamic_registration=True, relative_pattern_support=True
    )
    capabilities.general = attrs.evolve(
        capabilities.general or types.GeneralClientCapabilities(), position_encodings=[types.PositionEncodingKind.Utf16]
    )
    return capabilities


def neovim() -> types.ClientCapabilities:
    """As of 0.11, with UTF-8 first."""
    capabilities = client_capabilities("neovim@v0.11.0")
    capabilities.general = types.GeneralClientCapabilities(
        position_encodings=[types.PositionEncodingKind.Utf8, types.PositionEncodingKind.Utf16]
    )
    return capabilities


def minimal() -> types.ClientCapabilities:
    """Text synchronization, push diagnostics and code action literals, and no word of anything else."""
    return types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    code_action_kind=types.ClientCodeActionKindOptions(value_set=[types.CodeActionKind.QuickFix])
                )
            )
        )
    )


CLIENTS = {"vscode": vscode, "neovim": neovim, "minimal": minimal}
ENCODING = {"vscode": "utf-16", "neovim": "utf-8", "minimal": "utf-16"}
