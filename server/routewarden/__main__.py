"""`python -m routewarden`: the command line."""

from routewarden.cli.main import main

main()
