"""taskrunner builds HyperBEAM modules until they are proved.

The public API is `HB`, `AO`, `HyperBEAM` and `lua`; each is imported on first use so that the command line starts fast.
"""

__version__ = "0.1.0"
