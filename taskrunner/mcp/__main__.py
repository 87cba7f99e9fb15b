"""`python -m taskrunner.mcp`."""

from taskrunner.mcp import main

main()
