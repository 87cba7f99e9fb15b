"""core decides: states, transitions, failures, escalation rules and briefs, as pure functions over frozen types.

Nothing in this room reads a file, asks a clock or starts a process; whoever calls brings facts and performs effects.
"""
