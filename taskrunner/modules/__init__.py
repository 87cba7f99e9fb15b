"""What a module is: its skeleton, its static check, its build. One package for each kind of module.

Knows languages and files' texts; knows no node, no suite and no task list.
"""
