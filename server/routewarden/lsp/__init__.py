"""The language server: one file a feature. The only importer of pygls and lsprotocol."""
