"""What the rules about contracts have in common: the endpoints they speak of and how sure they can be.

Invariant: OpenAPI documents are matched with endpoints in the register (`Register.contracts`); no rule compares paths itself.
"""

from __future__ import annotations

from routewarden.analysis.finding import Confidence
from routewarden.model.register import Contract, Register

GAP = "undocumented"
"""The question of AP301 and AP302: why is this served, when no document tells of it?"""


def sureness(contract: Contract, register: Register) -> Confidence:
    """How sure one can be that nothing serves an operation: less where a part of the document or of an app could not be read."""
    if not contract.complete:
        return Confidence.LOW
    folders = [app.rpartition("/")[0] if app.endswith(".csproj") else app for app in contract.apps]
    gaps = [gap.path for gap in register.not_analysed if gap.path.endswith((".cs", ".csproj"))]
    unread = any(not folder or path.startswith(f"{folder}/") for path in gaps for folder in folders)
    return Confidence.MEDIUM if unread else Confidence.HIGH
