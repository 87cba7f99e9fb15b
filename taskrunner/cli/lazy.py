"""A click group whose commands are names in a table until one of them is used."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click


class LazyGroup(click.Group):
    """Imports a command's module on first use; help comes from the table and imports none of them.

    A command whose module does not exist yet is neither listed nor found.
    """

    def __init__(self, table: dict[str, tuple[str, str, str]], **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, (module, _, _) in self.table.items() if find_spec(module) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(self.table[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Names from the table: completing imports no command."""
        from click.shell_completion import CompletionItem

        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [CompletionItem(name, help=self.table[name][1]) for name in names] + click.Command.shell_complete(
            self, ctx, incomplete
        )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with the nearest names when there is no such command."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), n=2, cutoff=0.5)
            if near:
                hint = f"Did you mean {' or '.join(repr(name) for name in near)}?"
                raise click.UsageError(f"{error.message} {hint}", ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table by groups, in its own order, aligned over all groups."""
        present = self.list_commands(ctx)
        width = max((len(name) for name in present), default=0)
        groups: dict[str, list[tuple[str, str]]] = {}
        for name in present:
            _, line, group = self.table[name]
            groups.setdefault(group, []).append((name.ljust(width), line))
        for group, rows in groups.items():
            with formatter.section(group):
                formatter.write_dl(rows)
