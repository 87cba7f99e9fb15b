"""Where checkpoints are kept: git objects under private refs, or copies in `.taskrunner/` where there is no git.

GitPython writes the objects itself (no index, no work tree, no hooks). A workspace keeps its refs apart from others in
the same repository by an id of its own.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.errors import InputError
from taskrunner.project.checkpoints import Checkpoint, Contents, Store
from taskrunner.project.files import create_new, io_errors, write_atomic
from taskrunner.project.names import slug

if TYPE_CHECKING:
    from taskrunner.project.workspace import Workspace

_AUTHOR = "taskrunner"
COPY = "copy/"


def choose_store(workspace: Workspace) -> Store:
    """Git when the workspace lies in a repository that does not ignore it, else copies.

    Copies that were made before there was a repository are still found.
    """
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    if not any((folder / ".git").exists() for folder in (workspace.root, *workspace.root.parents)):
        return CopyStore(workspace)
    import git

    try:
        repo = git.Repo(workspace.root, search_parent_directories=True)
        top = Path(repo.working_tree_dir or "")
        if repo.bare or (top.resolve() != workspace.root and repo.ignored(str(workspace.root))):
            return CopyStore(workspace)
    except (git.exc.GitError, OSError, ValueError):
        return CopyStore(workspace)
    return GitAfterCopies(GitStore(workspace, repo), CopyStore(workspace))


def _unknown(ref: str) -> InputError:
    return InputError(
        f"there is no checkpoint {ref}", code="INPUT-CHECKPOINT-UNKNOWN", hint="`taskrunner log` lists them"
    )


class GitStore:
    """Commits under `refs/taskrunner/WORKSPACE/TASK/ITERATION`; the paths without a file stand in the message."""

    kind = "git"

    def __init__(self, workspace: Workspace, repo: Any) -> None:
        self._repo = repo
        self._prefix = f"refs/taskrunner/{_workspace_id(workspace)}"

    def write(self, task_id: str, iteration: int, contents: Contents) -> str:
        import git
        from git.util import Actor

        ref = f"{self._prefix}/{slug(task_id)}/{iteration}"
        absent = sorted(path for path, data in contents.items() if data is None)
        message = f"taskrunner: task {task_id}, iteration {iteration}\n\n{json.dumps({'absent': absent})}\n"
        with io_errors("write", "the git repository"):
            present = {path: data for path, data in contents.items() if data is not None}
            tree = git.Tree(self._repo, self._tree(present))
            actor = Actor(_AUTHOR, f"{_AUTHOR}@localhost")
            commit = git.Commit.create_from_tree(
                self._repo, tree, message, parent_commits=[], head=False, author=actor, committer=actor
            )
            git.Reference(self._repo, ref).set_object(commit)
        return ref

    def read(self, ref: str) -> Contents:
        import git

        if not ref.startswith("refs/taskrunner/"):
            raise _unknown(ref)
        try:
            commit = git.Reference(self._repo, ref).commit
        except (ValueError, git.exc.GitError, OSError):
            raise _unknown(ref) from None
        entries: Any = commit.tree.traverse()
        found: dict[str, bytes | None] = {
            str(blob.path): blob.data_stream.read() for blob in entries if blob.type == "blob"
        }
        text = str(commit.message).partition("\n\n")[2]
        return found | dict.fromkeys(json.loads(text)["absent"])

    def find(self, task_id: str) -> list[Checkpoint]:
        import git

        prefix = f"{self._prefix}/{slug(task_id)}/"
        found: Any = git.Reference.list_items(self._repo, common_path=prefix.rstrip("/"))
        return [
            Checkpoint(task_id, int(ref.path.removeprefix(prefix)), ref.path) for ref in found if _is_number(ref.path)
        ]

    def drop(self, task_id: str) -> None:
        import git

        for point in self.find(task_id):
            git.Reference.delete(self._repo, point.ref)

    def _tree(self, files: dict[str, bytes]) -> bytes:
        """Writes the tree of these files and gives its id."""
        from git.objects.fun import tree_to_stream

        here: list[tuple[bytes, int, str]] = []
        folders: dict[str, dict[str, bytes]] = {}
        for path, data in files.items():
            name, _, rest = path.partition("/")
            if rest:
                folders.setdefault(name, {})[rest] = data
            else:
                here.append((self._store("blob", data), 0o100644, name))
        here += [(self._tree(inside), 0o40000, name) for name, inside in folders.items()]
        here.sort(key=lambda entry: entry[2] + ("/" if entry[1] == 0o40000 else ""))
        stream = BytesIO()
        tree_to_stream(here, stream.write)
        return self._store("tree", stream.getvalue())

    def _store(self, kind: str, data: bytes) -> bytes:
        from gitdb import IStream  # type: ignore[import-untyped]

        return bytes(self._repo.odb.store(IStream(kind, len(data), BytesIO(data))).binsha)


class CopyStore:
    """One JSON file a checkpoint, `.taskrunner/checkpoints/TASK/ITERATION.json`: paths with base64, or null."""

    kind = "copies"

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def write(self, task_id: str, iteration: int, contents: Contents) -> str:
        folder = self._workspace.state("checkpoints", slug(task_id))
        kept = {path: None if data is None else base64.b64encode(data).decode() for path, data in contents.items()}
        write_atomic(folder / f"{iteration}.json", json.dumps(kept).encode())
        return f"{COPY}{slug(task_id)}/{iteration}"

    def read(self, ref: str) -> Contents:
        head, _, rest = ref.partition("/")
        path = self._workspace.state_dir / "checkpoints" / f"{rest}.json"
        if head != "copy" or ".." in rest or not path.is_file():
            raise _unknown(ref)
        with io_errors("read", ref):
            kept = json.loads(path.read_bytes())
        return {name: None if data is None else base64.b64decode(data) for name, data in kept.items()}

    def find(self, task_id: str) -> list[Checkpoint]:
        folder = self._workspace.state_dir / "checkpoints" / slug(task_id)
        files = folder.glob("*.json") if folder.is_dir() else ()
        return [
            Checkpoint(task_id, int(file.stem), f"{COPY}{slug(task_id)}/{file.stem}")
            for file in files
            if _is_number(f"/{file.stem}")
        ]

    def drop(self, task_id: str) -> None:
        shutil.rmtree(self._workspace.state_dir / "checkpoints" / slug(task_id), ignore_errors=True)


class GitAfterCopies:
    """Writes to git; also finds what was copied before the workspace became a repository."""

    kind = "git"

    def __init__(self, git: GitStore, copies: CopyStore) -> None:
        self._git = git
        self._copies = copies

    def write(self, task_id: str, iteration: int, contents: Contents) -> str:
        return self._git.write(task_id, iteration, contents)

    def read(self, ref: str) -> Contents:
        return (self._copies if ref.startswith(COPY) else self._git).read(ref)

    def find(self, task_id: str) -> list[Checkpoint]:
        found = self._git.find(task_id)
        known = {point.iteration for point in found}
        return found + [point for point in self._copies.find(task_id) if point.iteration not in known]

    def drop(self, task_id: str) -> None:
        self._git.drop(task_id)
        self._copies.drop(task_id)


def _is_number(path: str) -> bool:
    return path.rpartition("/")[2].removeprefix("-").isdecimal()


def _workspace_id(workspace: Workspace) -> str:
    """A name for this workspace among others in one repository, kept in `.taskrunner/id`."""
    path = workspace.state() / "id"
    create_new(path, secrets.token_hex(6).encode())
    with io_errors("read", ".taskrunner/id"):
        return slug(path.read_text(encoding="ascii", errors="replace").strip())
