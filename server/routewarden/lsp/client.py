"""What the connected client can do, read once from its `initialize` request.

Invariant: the server sends nothing that the client did not say it understands. A client that says nothing gets text
synchronization, plain diagnostics and plain-text hovers.
"""

from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import get_capability


@dataclass(frozen=True, slots=True)
class Client:
    """Flags are False for a client that says nothing."""

    related_information: bool = False
    code_description: bool = False
    diagnostic_data: bool = False
    diagnostic_version: bool = False
    pull_diagnostics: bool = False
    refresh_diagnostics: bool = False
    code_action_literals: bool = False
    code_action_preferred: bool = False
    code_action_resolve: bool = False  # resolves `edit`, and hands `data` back
    document_changes: bool = False
    hover_markdown: bool = False
    work_done_progress: bool = False
    refresh_code_lens: bool = False
    relative_patterns: bool = False  # of watched files: relative to a folder that need not be in the workspace
    watched_files: bool = False  # may be registered dynamically
    configuration: bool = False
    configuration_changes: bool = False  # may be registered dynamically
    # Of `initializationOptions`: ask for diagnostics instead of being sent them; the requests of `debug`.
    wants_pull: bool = False
    show_trail_command: str = ""  # the client's command that shows the decisions at (uri, line, character)
    debug: bool = False


def read_client(params: types.InitializeParams) -> Client:
    """The flags of one client."""
    capabilities = params.capabilities

    def has(path: str) -> bool:
        return bool(get_capability(capabilities, path, False))

    options = params.initialization_options if isinstance(params.initialization_options, dict) else {}
    resolves = get_capability(capabilities, "text_document.code_action.resolve_support.properties", ()) or ()
    hover_formats = get_capability(capabilities, "text_document.hover.content_format", ()) or ()
    return Client(
        related_information=has("text_document.publish_diagnostics.related_information")
        or has("text_document.diagnostic.related_information"),
        code_description=has("text_document.publish_diagnostics.code_description_support")
        or has("text_document.diagnostic.code_description_support"),
        diagnostic_data=has("text_document.publish_diagnostics.data_support") or has("text_document.diagnostic.data_support"),
        diagnostic_version=has("text_document.publish_diagnostics.version_support"),
        pull_diagnostics=capabilities.text_document is not None and capabilities.text_document.diagnostic is not None,
        refresh_diagnostics=has("workspace.diagnostics.refresh_support"),
        code_action_literals=has("text_document.code_action.code_action_literal_support"),
        code_action_preferred=has("text_document.code_action.is_preferred_support"),
        code_action_resolve=has("text_document.code_action.data_support") and "edit" in resolves,
        document_changes=has("workspace.workspace_edit.document_changes"),
        hover_markdown=types.MarkupKind.Markdown in hover_formats,
        work_done_progress=has("window.work_done_progress"),
        watched_files=has("workspace.did_change_watched_files.dynamic_registration"),
        configuration=has("workspace.configuration"),
        configuration_changes=has("workspace.did_change_configuration.dynamic_registration"),
        refresh_code_lens=has("workspace.code_lens.refresh_support"),
        relative_patterns=has("workspace.did_change_watched_files.relative_pattern_support"),
        show_trail_command=command if isinstance(command := options.get("showTrailCommand"), str) else "",
        wants_pull=options.get("diagnostics") == "pull",
        debug=options.get("debug") is True,
    )
