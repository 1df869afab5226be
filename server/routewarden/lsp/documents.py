"""The open documents: the client's text, byte for byte, and the same text in the engines.

Invariant: after each notification `Document.text` is what the client shows, whatever the edit: line ends are CR LF, CR and LF
only, and out-of-range positions are clamped. State is changed here, inside the notification; what is shown follows later.
pygls' own documents split lines at form feeds and U+2028 and corrupt such files, so its three storage methods are replaced;
pygls calls them once per change, before the edit is applied.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#textDocument_synchronization
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lsprotocol import types
from pygls.workspace import Workspace

from routewarden.analysis.files import SIZE_LIMIT
from routewarden.lsp.folders import Folder, Folders, Home
from routewarden.lsp.positions import negotiated, to_offsets
from routewarden.lsp.uris import key_of
from routewarden.text.source import SourceText

logger = logging.getLogger(__name__)

CSHARP = "csharp"


@dataclass(slots=True, eq=False)
class Document:
    """An open document. `uri` is spelled as the client does; `homes` is empty for a file of no interest."""

    uri: str
    key: str
    version: int
    text: SourceText
    language: str
    homes: tuple[Home, ...] = ()
    edited_at: float = -1e9  # time.monotonic of the last edit


class Documents(Workspace):
    """Our own documents in a pygls workspace. `touched` is told each home whose text changed, `left` each loose one closed."""

    def __init__(
        self, initial: Workspace, folders: Folders, touched: Callable[[Home], None], left: Callable[[Folder], None]
    ) -> None:
        super().__init__(initial.root_uri, types.TextDocumentSyncKind.Incremental, None, initial.position_encoding)
        self._folders.update(initial.folders)
        self.encoding = negotiated(initial.position_encoding)
        self._homes = folders
        self._touched = touched
        self._left = left
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(self._open.values())

    def find(self, uri: str) -> Document | None:
        return self._open.get(key_of(uri))

    def by_key(self, key: str) -> Document | None:
        return self._open.get(key)

    def put_text_document(self, text_document: types.TextDocumentItem, notebook_uri: str | None = None) -> None:  # noqa: ARG002
        """Take over a document (didOpen). A document that is opened twice is replaced."""
        key = key_of(text_document.uri)
        text = SourceText.from_str(text_document.text)
        previous = self._open.get(key)
        document = Document(text_document.uri, key, text_document.version, text, text_document.language_id)
        document.homes = previous.homes if previous is not None else self._find_homes(document)
        self._open[key] = document
        self._replace(document, text)

    def update_text_document(
        self, text_doc: types.VersionedTextDocumentIdentifier, change: types.TextDocumentContentChangeEvent
    ) -> None:
        """Apply one change of a didChange: a range, or the whole text. For a document that is not open, a line in the log."""
        document = self._open.get(key_of(text_doc.uri))
        if document is None:
            logger.warning("didChange for a document that is not open: %s", text_doc.uri)
            return
        document.version = text_doc.version
        document.edited_at = time.monotonic()
        new = SourceText.from_str(change.text)
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            self._replace(document, new)
            return
        start, end = to_offsets(document.text, change.range, self.encoding)
        text: SourceText | None = None
        for folder, path in document.homes:
            try:
                folder.project.edit(path, start, end, new.data)
                text = text or folder.project.text(path)
            except Exception:
                # The client's text must be right whatever the engine did, so the engine starts this file afresh.
                logger.exception("edit of %s failed; the file is analysed afresh", path)
                self._replace(document, document.text.replace(start, end, new.data))
                return
            self._touched((folder, path))
        document.text = text or document.text.replace(start, end, new.data)

    def remove_text_document(self, doc_uri: str) -> None:
        """Let the disk count again (didClose)."""
        document = self._open.pop(key_of(doc_uri), None)
        if document is not None:
            self._leave(document, document.homes)

    def rehome(self) -> None:
        """Hand each document to the folders that hold it now, after folders came or went."""
        for document in list(self._open.values()):
            homes = self._find_homes(document)
            before = set(document.homes)
            self._leave(document, tuple(home for home in document.homes if home not in homes))
            document.homes = homes
            for home in homes:
                if home not in before:
                    self._show_to(home, document.text)

    def _find_homes(self, document: Document) -> tuple[Home, ...]:
        if len(document.text.data) > SIZE_LIMIT:
            return ()
        homes = self._homes.homes(document.key)
        scheme = document.uri.split(":", 1)[0]
        # `git:` and other read-only views of a file are the client's business.
        if homes or document.language != CSHARP or scheme not in ("file", "untitled") or self._homes.within(document.key):
            return homes
        return (self._homes.add_loose(document.uri, document.key),)

    def _replace(self, document: Document, text: SourceText) -> None:
        document.text = text
        for home in document.homes:
            self._show_to(home, text)

    def _show_to(self, home: Home, text: SourceText) -> None:
        folder, path = home
        try:
            folder.project.open(path, text)
        except Exception:
            logger.exception("%s cannot be analysed", path)
        self._touched(home)

    def _leave(self, document: Document, homes: tuple[Home, ...]) -> None:
        for folder, path in homes:
            if folder.loose:
                self._homes.remove_loose(document.key)
                self._left(folder)
                continue
            try:
                folder.project.close(path)
            except Exception:
                logger.exception("%s cannot be read from disk", path)
            self._touched((folder, path))
