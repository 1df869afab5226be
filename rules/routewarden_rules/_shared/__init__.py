"""Code that several rules share; no rule by itself."""
