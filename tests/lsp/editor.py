"""An editor for tests: it keeps its documents as VS Code does, and drives the server over stdio.

Its text model is independent of the server's: a Python string, lines split at CR LF, CR and LF by a regular expression, columns
in the negotiated units. Waiting is for a condition, with a limit; never for an amount of time.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient
from pytest_lsp.client import make_test_lsp_client

SERVER = [sys.executable, "-m", "routewarden", "lsp"]
LIMIT = 20.0  # seconds

Edit = tuple[tuple[int, int], tuple[int, int], str]  # start, end (line, column), new text


def units(text: str, encoding: str) -> int:
    codec, width = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    return len(text.encode(codec)) // width


def line_starts(text: str) -> list[int]:
    """Indices into the string."""
    return [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]


def index_of(text: str, line: int, column: int, encoding: str = "utf-16") -> int:
    """The index of a position, which must exist, in the string."""
    at = line_starts(text)[line]
    while column > 0:
        column -= units(text[at], encoding)
        at += 1
    return at


def position_at(text: str, index: int, encoding: str = "utf-16") -> tuple[int, int]:
    starts = line_starts(text)
    line = max(number for number, start in enumerate(starts) if start <= index)
    return line, units(text[starts[line] : index], encoding)


class Editor:
    """One client with a running server."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.encoding = "utf-16"
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.published: list[types.PublishDiagnosticsParams] = []
        self.statuses: list[Any] = []
        self.registrations: list[types.Registration] = []
        self.progress: list[Any] = []
        self.changed = asyncio.Event()

    # --- a session ---

    async def start(
        self,
        capabilities: types.ClientCapabilities,
        folders: list[Path] | None,
        options: dict[str, Any] | None = None,
        *,
        ready: bool = True,
        **fields: Any,
    ) -> types.InitializeResult:
        result = await self.client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                workspace_folders=None if folders is None else [types.WorkspaceFolder(f.as_uri(), f.name) for f in folders],
                initialization_options={"debug": True, **(options or {})},
                **fields,
            )
        )
        self.encoding = str(result.capabilities.position_encoding or "utf-16")
        if ready:
            await self.until(lambda: bool(self.statuses) and self.statuses[-1].state == "ready")
        return result

    async def until(self, condition: Callable[[], bool], limit: float = LIMIT) -> None:
        """Return when the condition holds. Raises TimeoutError."""
        async with asyncio.timeout(limit):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def said(self) -> list[str]:
        """What the server logged as an error or a warning."""
        bad = (types.MessageType.Error, types.MessageType.Warning)
        return [message.message for message in self.client.log_messages if message.type in bad]

    # --- documents ---

    def open(self, uri: str, text: str, language: str = "csharp") -> None:
        self.texts[uri], self.versions[uri] = text, 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri=uri, language_id=language, version=1, text=text))
        )

    def close(self, uri: str) -> None:
        del self.texts[uri], self.versions[uri]
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def edit(self, uri: str, *edits: Edit) -> None:
        """Ranges of each edit are of the text after the one before it, as in a didChange."""
        changes: list[types.TextDocumentContentChangeEvent] = []
        for start, end, new in edits:
            text = self.texts[uri]
            self.texts[uri] = (
                text[: index_of(text, *start, self.encoding)] + new + text[index_of(text, *end, self.encoding) :]
            )
            span = types.Range(types.Position(*start), types.Position(*end))
            changes.append(types.TextDocumentContentChangePartial(range=span, text=new))
        self._send(uri, changes)

    def replace(self, uri: str, old: str, new: str) -> None:
        """Replace the one occurrence of `old`."""
        text = self.texts[uri]
        assert text.count(old) == 1, f"{text.count(old)} times in the text: {old!r}"
        at = text.index(old)
        start, end = position_at(text, at, self.encoding), position_at(text, at + len(old), self.encoding)
        self.edit(uri, (start, end, new))

    def set_text(self, uri: str, text: str) -> None:
        self.texts[uri] = text
        self._send(uri, [types.TextDocumentContentChangeWholeDocument(text=text)])

    def _send(self, uri: str, changes: list[types.TextDocumentContentChangeEvent]) -> None:
        self.versions[uri] += 1
        identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri])
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, changes))

    async def state(self, uri: str) -> Any:
        """The server's own view of a document, compared with a fresh parse (`lsp.debug`)."""
        return await self.client.protocol.send_request_async("routewarden/debug/state", {"uri": uri})

    async def differences(self) -> list[str]:
        """Paths whose findings are not those of a fresh start with the same files."""
        return list((await self.client.protocol.send_request_async("routewarden/debug/differences", {})).paths)

    async def settle(self, uri: str) -> None:
        """Return when everything that was sent has been worked on and published."""
        while (await self.state(uri)).pending:
            await asyncio.sleep(0.01)

    # --- what is shown ---

    def diagnostics(self, uri: str) -> list[types.Diagnostic]:
        return list(self.client.diagnostics.get(uri, ()))

    def codes(self, uri: str) -> list[str]:
        return [str(diagnostic.code) for diagnostic in self.diagnostics(uri)]

    def marked(self, uri: str) -> list[str]:
        """The texts under the squiggles of an open document."""
        text = self.texts[uri]
        return [
            text[
                index_of(text, d.range.start.line, d.range.start.character, self.encoding) : index_of(
                    text, d.range.end.line, d.range.end.character, self.encoding
                )
            ]
            for d in self.diagnostics(uri)
        ]

    async def actions(self, uri: str, span: types.Range, only: list[str] | None = None) -> list[types.CodeAction]:
        context = types.CodeActionContext(diagnostics=self.diagnostics(uri), only=only)  # type: ignore[arg-type]
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), span, context)
        found = await self.client.text_document_code_action_async(params)
        return [action for action in found or () if isinstance(action, types.CodeAction)]

    def apply(self, edit: types.WorkspaceEdit) -> None:
        """Apply to the open documents, as an editor would: all ranges are of the text before."""
        by_uri: dict[str, list[types.TextEdit]] = {uri: list(edits) for uri, edits in (edit.changes or {}).items()}
        for change in edit.document_changes or ():
            assert isinstance(change, types.TextDocumentEdit)
            version = change.text_document.version
            assert version == self.versions.get(change.text_document.uri), "a stale edit"
            by_uri[change.text_document.uri] = [e for e in change.edits if isinstance(e, types.TextEdit)]
        for uri, edits in by_uri.items():
            backwards = sorted(
                enumerate(edits), key=lambda e: (e[1].range.start.line, e[1].range.start.character, e[0]), reverse=True
            )
            self.edit(
                uri,
                *(
                    ((e.range.start.line, e.range.start.character), (e.range.end.line, e.range.end.character), e.new_text)
                    for _, e in backwards
                ),
            )


def make_client() -> tuple[LanguageClient, Editor]:
    """A client whose notifications reach an `Editor`."""
    client = make_test_lsp_client()
    editor = Editor(client)

    @client.feature("routewarden/status")
    def status(params: Any) -> None:
        editor.statuses.append(params)
        editor.changed.set()

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        editor.registrations.extend(params.registrations)
        editor.changed.set()

    original = client.protocol.fm.features.pop(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def publish(params: types.PublishDiagnosticsParams) -> None:
        original(params)
        editor.published.append(params)
        editor.changed.set()

    progress = client.protocol.fm.features.pop(types.PROGRESS)

    @client.feature(types.PROGRESS)
    def report(params: types.ProgressParams) -> None:
        progress(params)
        editor.progress.append(params.value)
        editor.changed.set()

    return client, editor
