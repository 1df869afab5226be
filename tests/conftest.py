"""What all tests share: property tests have no time limit of their own, because CI's machine is also busy with others."""

from hypothesis import settings

settings.register_profile("routewarden", deadline=None)
settings.load_profile("routewarden")
