"""Settings: where they come from, which wins, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskrunner.errors import InputError
from taskrunner.project import Settings, load_settings
from taskrunner.project.settings import keys


def refused(folder: Path, environ: dict[str, str] | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        load_settings(folder, environ or {})
    return caught.value


def test_defaults(tmp_path: Path) -> None:
    found = load_settings(tmp_path, {})
    assert found == Settings()
    assert (found.rules.step_back, found.rules.escalate, found.rules.alternations) == (3, 10, 2)
    assert (found.dialect, found.suite, found.agent) == ("current", "pytest", ())


@pytest.mark.parametrize("file", ["taskrunner.toml", "pyproject.toml"])
def test_either_file(tmp_path: Path, file: str) -> None:
    table = "tool.taskrunner" if file == "pyproject.toml" else ""
    head = f"[{table}]\n" if table else ""
    rules = f"[{table}.rules]" if table else "[rules]"
    (tmp_path / file).write_text(
        f'{head}dialect = "2025-06"\nagent = ["fix", "{{brief}}"]\ngate.mutants = true\n{rules}\nstep_back = 4\n'
    )
    found = load_settings(tmp_path, {})
    assert (found.dialect, found.agent, found.gate.mutants, found.rules.step_back) == (
        "2025-06",
        ("fix", "{brief}"),
        True,
        4,
    )
    assert found.source == file


def test_environment_over_file_flags_over_environment(tmp_path: Path) -> None:
    (tmp_path / "taskrunner.toml").write_text("[rules]\nstep_back = 4\nescalate = 5\n")
    environ = {"TASKRUNNER_RULES_STEP_BACK": "6", "TASKRUNNER_AGENT": "fix --with 'two words'", "TASKRUNNER_TASK": "x"}
    found = load_settings(tmp_path, environ)
    assert (found.rules.step_back, found.rules.escalate) == (6, 5)
    assert found.agent == ("fix", "--with", "two words")
    assert found.having({"rules.step_back": 7, "dialect": None}).rules.step_back == 7


def test_a_replay_is_one_word(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {"TASKRUNNER_AGENT": "replay:a folder"}).agent == ("replay:a folder",)


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("rules = {stepback = 4}\n", 1, 10, "no setting 'rules.stepback'"),
        ("[rules]\n\nstep_bak = 4\n", 3, 1, "no setting 'rules.step_bak'"),
        ("colour = 1", 1, 1, "no setting 'colour'"),
        ('dialect = "2024"', 1, 1, "dialect cannot be '2024'"),
        ("dialect = 2025", 1, 1, "dialect must be text"),
        ("[rules]\nstep_back = 0", 2, 1, "rules.step_back cannot be 0"),
        ("[rules]\nstep_back = true", 2, 1, "must be a whole number"),
        ("[rules]\nstep_back = 1.5", 2, 1, "must be a whole number"),
        ("[limits]\nsuite_seconds = inf", 2, 1, "cannot be inf"),
        ("[limits]\nsuite_seconds = nan", 2, 1, "cannot be nan"),
        ("gate.mutants = 1", 1, 6, "must be true or false"),
        ("agent = 5", 1, 1, "must be a list of texts"),
        ("agent = [1]", 1, 1, "must be a list of texts"),
        ('agent = "a \'b"', 1, 1, "cannot be split into words"),
    ],
)
def test_a_wrong_key_has_its_place(tmp_path: Path, text: str, line: int, column: int, says: str) -> None:
    (tmp_path / "taskrunner.toml").write_text(text)
    error = refused(tmp_path)
    assert (error.code, error.file, error.line, error.column) == ("INPUT-SETTINGS-KEY", "taskrunner.toml", line, column)
    assert says in error.message
    assert error.hint


def test_the_nearest_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "taskrunner.toml").write_text("step_bakc = 4")
    assert "rules.step_back" in refused(tmp_path).hint


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "taskrunner.toml").write_text("a = 1\nb = = 2\n")
    error = refused(tmp_path)
    assert (error.code, error.line, error.column) == ("INPUT-SETTINGS-TOML", 2, 5)


def test_two_files_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "taskrunner.toml").write_text("")
    (tmp_path / "pyproject.toml").write_text("[tool.taskrunner]\nsuite = 'node'\n")
    assert refused(tmp_path).code == "INPUT-SETTINGS-TWICE"


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, {"TASKRUNNER_RULES_ESCALATE": "many"})
    assert "rules.escalate must be a whole number, not 'many'" in error.message
    assert "from the environment" in error.message


def test_every_key_says_what_it_is() -> None:
    assert all(doc for _, _, doc in keys())
    shown = Settings().to_json()
    for key, value, _ in keys():
        group, _, name = key.rpartition(".")
        assert (shown[group] if group else shown)[name] == (list(value) if isinstance(value, tuple) else value)
