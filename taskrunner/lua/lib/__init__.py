"""Luerl's libraries, one file each, over the VM as host.py describes it; `install` puts them into a fresh VM.

Functions take the VM and a tuple of arguments and return a tuple. They raise LuaError with Luerl's reason, or a Stop
where production would crash or not come back.
"""

from taskrunner.lua.lib.install import install

__all__ = ["install"]
