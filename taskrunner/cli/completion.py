"""`taskrunner completion SHELL`: the lines that teach a shell our commands, options and task ids."""

from __future__ import annotations

import click

SHELLS = ("bash", "fish", "zsh")


@click.command(epilog="Example: taskrunner completion bash >> ~/.bashrc")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print what makes SHELL complete commands, options, task ids and codes.

    \b
    bash  eval "$(taskrunner completion bash)"    in ~/.bashrc
    zsh   eval "$(taskrunner completion zsh)"     in ~/.zshrc, after compinit
    fish  taskrunner completion fish > ~/.config/fish/completions/taskrunner.fish
    """
    from click.shell_completion import get_completion_class

    from taskrunner.cli.shell import group

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(group, {}, "taskrunner", "_TASKRUNNER_COMPLETE")
    click.echo(script.source_template % script.source_vars())
