"""What can be done about a secret at once: a lookup in its place, an empty key in settings."""

from __future__ import annotations

from routewarden.analysis.finding import EmptyValue, FixPlan, UseSetting
from routewarden_rules.ap201_hardcoded_secret.evidence import Evidence


def plans(evidence: Evidence) -> tuple[FixPlan, ...]:
    site = evidence.site
    if site.part == "value" and site.path.lower().endswith(".json"):
        title = f"Leave {evidence.key} empty"
        return (FixPlan("empty-setting", title, (EmptyValue(site),), preferred=True),)
    if evidence.can_look_up:
        return (FixPlan("use-configuration", f"Read {evidence.key} from configuration", (UseSetting(site, evidence.key),), preferred=True),)
    return ()
