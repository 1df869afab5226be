"""What a language server cannot do without, as the measure for ours: pygls' own text, an incremental parse, one publication.

It keeps the text by pygls' synchronization, tells tree-sitter of each edit and publishes an empty list. Run by `keystroke`.
"""

import logging

import tree_sitter_c_sharp
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from tree_sitter import Language, Parser, Point, Tree

server = LanguageServer("bare", "1")
parser = Parser(Language(tree_sitter_c_sharp.language()))
trees: dict[str, Tree] = {}


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
    trees[params.text_document.uri] = parser.parse(params.text_document.text.encode())
    publish(ls, params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(ls: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
    """Edits are ASCII and within a line, which spares this server conversions that a real one has to make."""
    uri = params.text_document.uri
    document = ls.workspace.get_text_document(uri)
    for change in params.content_changes:
        assert isinstance(change, types.TextDocumentContentChangePartial)
        start, end = change.range.start, change.range.end
        at = document.offset_at_position(start)
        trees[uri].edit(
            at,
            at + end.character - start.character,
            at + len(change.text),
            Point(start.line, start.character),
            Point(end.line, end.character),
            Point(start.line, start.character + len(change.text)),
        )
    trees[uri] = parser.parse(document.source.encode(), trees[uri])
    publish(ls, uri)


def publish(ls: LanguageServer, uri: str) -> None:
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))


if __name__ == "__main__":
    logging.getLogger("pygls").setLevel(logging.WARNING)
    server.start_io()
