"""`python -m taskrunner.serve`."""

from taskrunner.serve import main

main()
