"""What all tests share: no time limit of their own for property tests, and which tests keep out of each other's way.

Two workers run the tests. The editor tests share one packaged extension and the bars measure time, so that they stand in one
group, which one worker runs.
"""

import pytest
from hypothesis import settings

# CI's machine is also busy with others.
settings.register_profile("routewarden", deadline=None)
settings.load_profile("routewarden")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "editor" or item.path.name == "test_bars.py":
            item.add_marker(pytest.mark.xdist_group("timing"))
