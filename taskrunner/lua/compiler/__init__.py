"""The code generator: a chunk's syntax tree to Python source that runs against the VM's helpers (see runtime)."""
