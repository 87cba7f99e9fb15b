"""One session of watch mode: everything that happens becomes an event in one queue, and is taken up in its order.

Changes and keys come from threads, verdicts from a worker thread that runs one suite at a time, the proof's events from
a process. A change ends whatever is under way for the files as they were. Only this thread draws.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from taskrunner.errors import TaskrunnerError
from taskrunner.watch.background import Proof
from taskrunner.watch.changes import Watched, Watcher
from taskrunner.watch.keyboard import Keyboard
from taskrunner.watch.pages import page_for
from taskrunner.watch.quick import Fault, Quick, Verdict
from taskrunner.watch.screen import Screen, Shown, around

if TYPE_CHECKING:
    from pathlib import Path

    from taskrunner.core.facts import Frame
    from taskrunner.project import Workspace

SETTLE = 0.4  # seconds of quiet after a verdict before the proof begins
INPUTS = ("plan.md", "tasks.json")


class Session:
    """Watches one task. Use it with `with`: it ends the warm process, the proof and the threads."""

    def __init__(self, workspace: Workspace, task_id: int | str, stream: Any) -> None:
        from taskrunner.suite import prepare

        self.workspace = workspace
        self.task = workspace.task(task_id)
        self.warm = prepare(workspace.settings.dialect)
        self.quick = Quick(workspace, self.task, self.warm)
        self.screen = Screen(stream)
        self.shown = Shown(f"task {self.task.id}  {self.task.name}")
        self.events: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.proof = Proof(workspace.root, self.task.id, lambda event: self.events.put(("proof", event)))
        self.watcher = Watcher(workspace.root, self._watched(), lambda paths: self.events.put(("change", paths)))
        self.keyboard = Keyboard(lambda key: self.events.put(("key", key)))
        self.generation = 0
        self._working = threading.Lock()

    def _watched(self) -> Watched:
        root = self.workspace.root
        files = [self.quick.source, self.quick.suite, *(root / name for name in INPUTS)]
        return Watched(files, [self.quick.source.parent.parent] if self.quick.is_wasm else [])

    def __enter__(self) -> Self:
        self.screen.open()
        self.keyboard.__enter__()
        self.watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watcher.stop()
        self.proof.stop()
        self.keyboard.__exit__()
        self.warm.close()
        self.screen.close()

    # -- the loop

    def run(self, runs: int | None = None) -> int:
        """Take up events until `q`, or until there were `runs` verdicts; 0 if the last one was green."""
        self._begin()
        done = 0
        while True:
            waiting = self.shown.verdict is not None and not self.shown.busy and not self.shown.proof
            try:
                kind, value = self.events.get(timeout=SETTLE if waiting else None)
            except queue.Empty:
                self._prove()
                continue
            if kind == "key" and value == "q":
                break
            if kind == "verdict":
                generation, verdict = value
                done += self._settle(verdict) if generation == self.generation else 0
            else:
                self._take(kind, value)
            self.screen.draw(self.shown)
            if runs is not None and done >= runs:
                break
        return 0 if self.shown.verdict is not None and self.shown.verdict.green else 1

    def _take(self, kind: str, value: Any) -> None:
        match kind:
            case "change":
                self._changed(value)
            case "key":
                self._pressed(value)
            case "proof":
                self._told(value)

    def _begin(self, *, every: bool = False) -> None:
        """Start a run for the files as they are now; what is under way is stale."""
        self.generation += 1
        self.proof.stop()
        if self._working.locked():
            self.warm.cancel()
        self.shown = replace(self.shown, busy="running", proof=(), page=())
        generation = self.generation
        threading.Thread(target=self._work, args=(generation, every), name="verdict", daemon=True).start()
        self.screen.draw(self.shown)

    def _work(self, generation: int, every: bool) -> None:
        with self._working:
            if generation != self.generation:
                return
            try:
                verdict = self.quick.verdict(every=every)
            except TaskrunnerError as error:
                verdict = Verdict(fault=Fault(error.code, str(error), error.file, error.line, error.hint))
            if verdict is not None:
                self.events.put(("verdict", (generation, verdict)))

    def _settle(self, verdict: Verdict) -> int:
        place, source = self._source_of(verdict)
        history = [*self.shown.history, verdict.green]
        self.shown = replace(
            self.shown, busy="", verdict=verdict, history=history, place=place, source=source, proof=(), page=()
        )
        self.screen.tell(self.shown)
        return 1

    def _changed(self, paths: list[Path]) -> None:
        if any(path.name in INPUTS for path in paths):
            try:
                self.quick = Quick(self.workspace, self.workspace.task(self.task.id), self.warm)
            except TaskrunnerError as error:
                fault = Fault(error.code, str(error), error.file, error.line, error.hint)
                self.generation += 1
                self._settle(Verdict(fault=fault))
                return
        self._begin()

    def _pressed(self, key: str) -> None:
        if self.shown.page:
            self.shown = replace(self.shown, page=())
        elif key == "a":
            self._begin(every=True)
        elif key == "f":
            self._begin()
        elif key in ("b", "l", "m"):
            self.shown = replace(self.shown, page=page_for(key, self.workspace, self.task.id))

    # -- the proof

    def _prove(self) -> None:
        self.shown = replace(self.shown, proof=(("dim", "proving"),))
        self.proof.start()
        self.screen.draw(self.shown)

    def _told(self, event: dict[str, Any] | None) -> None:
        if event is None:
            return
        if event.get("event") == "failure":
            failure = event["failure"]
            style = {"environment": "env", "test": "warn", "unknown": "warn"}.get(failure["class"], "bad")
            parts = [(style, failure["class"]), ("strong", f"  {failure['code']}"), ("", f"  {failure['hint']}")]
            self.shown = replace(self.shown, proof=tuple(parts))
        elif event.get("event") == "run.finished" and event.get("outcome") == "done":
            self.shown = replace(self.shown, proof=(("good", str(event.get("verdict") or "done")),))

    # -- the source lines

    def _source_of(self, verdict: Verdict) -> tuple[str, list[tuple[int, str, bool]]]:
        """The place that a failure points at, and the lines around it: the module's, else the test's."""
        file, line = self._place(verdict)
        if not file or not line:
            return file or "", []
        try:
            text = self.workspace.resolve(file).read_text(encoding="utf-8", errors="replace")
        except (TaskrunnerError, OSError):
            return f"{file}:{line}", []
        return f"{file}:{line}", around(text, line)

    def _place(self, verdict: Verdict) -> tuple[str | None, int | None]:
        if verdict.fault is not None:
            return verdict.fault.file, verdict.fault.line
        test = verdict.first
        if test is None:
            return None, None
        if test.node_failure and test.node_failure.get("file"):
            return str(test.node_failure["file"]), test.node_failure.get("line")
        frames: tuple[Frame, ...] = tuple(frame for frame in test.frames if frame.role in ("module", "test"))
        best = next((frame for frame in reversed(frames) if frame.role == "module"), None)
        frame = best or (frames[-1] if frames else None)
        return (frame.file, frame.line) if frame else (test.file, test.line)
