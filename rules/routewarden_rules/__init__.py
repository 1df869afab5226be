"""The rules: one folder each, with `rule.py`, `rule.md` (documentation, hover and tests) and `cases/`."""
