"""What the exit codes mean. Part of the contract with CI: numbers are never reused."""

from __future__ import annotations

from typing import Final

OK: Final = 0  # nothing at or above the threshold
FINDINGS: Final = 1
BAD_USAGE: Final = 2  # or bad configuration
INCOMPLETE: Final = 3  # `--strict`: something was not analysed, and there are no findings
INTERNAL_ERROR: Final = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it
