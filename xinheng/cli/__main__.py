"""`python -m xinheng.cli`: the same command where the console script is not on the path."""

from xinheng.cli.main import run

run()
