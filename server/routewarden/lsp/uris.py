"""Uris of documents and folders, made comparable once, at the boundary.

Invariant: two spellings of one file (`file:///c%3A/A%20b.cs`, `file:///C:/A b.cs`) have one key, and what is sent back to a
client is the spelling that it used itself. Symbolic links are not resolved: the editor shows what the user opened.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#uri
"""

import posixpath
from pathlib import Path
from urllib.parse import quote, unquote

from pygls import IS_WIN
from pygls.uris import from_fs_path, to_fs_path


def key_of(uri: str) -> str:
    """What identifies a document or folder: its path with forward slashes; the decoded uri where it is not a file."""
    path = to_fs_path(uri)
    if not path:
        return unquote(uri)
    return posixpath.normpath(path.replace("\\", "/") if IS_WIN else path)


def path_of(uri: str) -> Path | None:
    """The path on disk of a `file:` uri, else None."""
    path = to_fs_path(uri)
    return Path(path) if path else None


def uri_below(folder_uri: str, path: str) -> str:
    """The uri of a folder's file: the client's spelling of the folder, then the encoded relative path."""
    return f"{folder_uri.rstrip('/')}/{quote(path, errors='surrogateescape')}"


def file_uri(path: str) -> str:
    """The uri of an absolute path, for a client that names its folder by path (`rootPath`)."""
    return from_fs_path(path) or ""
