"""Tables without lines, and without trailing spaces where nobody sees the difference but diff."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


def plain_table(*, header: bool = False) -> Table:
    """A table whose columns are only set apart by spaces."""
    return Table(box=None, show_header=header, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")


def print_table(console: Console, table: Table) -> None:
    with console.capture() as captured:
        console.print(table)
    lines = captured.get().split("\n")
    console.file.write("\n".join(lines if console.is_terminal else [line.rstrip() for line in lines]))
