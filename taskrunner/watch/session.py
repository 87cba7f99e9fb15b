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
from taskrunner.watch.changes import Watcher
from taskrunner.watch.keyboard import Keyboard
from taskrunner.watch.pages import page_for
from taskrunner.watch.quick import INPUTS, Fault, Quick, Verdict
from taskrunner.watch.screen import Screen, Shown, around

if TYPE_CHECKING:
    from pathlib import Path

    from taskrunner.core.facts import Frame
    from taskrunner.project import Workspace

SETTLE = 0.4  # seconds of quiet after a verdict before the proof begins
CALM = 0.12  # seconds for which a screen that would soon be another is not drawn


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
        self.watcher = Watcher(workspace.root, self.quick.watched, lambda paths: self.events.put(("change", paths)))
        self.keyboard = Keyboard(lambda key: self.events.put(("key", key)))
        self.generation = 0
        self.undrawn = False
        self.readable = True  # plan and tasks, when last looked at
        self._working = threading.Lock()

    def __enter__(self) -> Self:
        self.screen.open()
        self.keyboard.__enter__()
        self.watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watcher.stop()
        self.proof.stop(wait=True)
        self.keyboard.__exit__()
        self.warm.close()
        self.screen.close()

    # -- the loop

    def run(self, runs: int | None = None) -> int:
        """Take up events until `q`, or until there were `runs` verdicts; 0 if the last one was green."""
        self._begin()
        self._draw()
        done = 0
        while runs is None or done < runs:
            try:
                kind, value = self.events.get(timeout=self._patience())
            except queue.Empty:
                self._quiet()
                continue
            if kind == "key" and value == "q":
                break
            if kind in ("verdict", "early"):
                generation, verdict = value
                if generation == self.generation:
                    done += self._settle(verdict) if kind == "verdict" else self._forebode(verdict)
            else:
                self._take(kind, value)
        return 0 if self.shown.verdict is not None and self.shown.verdict.green else 1

    def _patience(self) -> float | None:
        """Seconds for which nothing must happen until something is to be done about it; None for ever."""
        if self.undrawn:
            return CALM
        waiting = self.shown.verdict is not None and not self.shown.busy and not self.shown.proof
        return SETTLE if waiting else None

    def _quiet(self) -> None:
        if not self.undrawn:
            self._prove()
        self._draw()

    def _draw(self) -> None:
        self.undrawn = False
        self.screen.draw(self.shown)

    def _take(self, kind: str, value: Any) -> None:
        match kind:
            case "change":
                self._changed(value)
            case "key":
                self._pressed(value)
                self._draw()
            case "proof":
                self._told(value)
                self._draw()

    def _begin(self, *, every: bool = False, only: bool = False) -> None:
        """Start a run for the files as they are now; what is under way is stale."""
        self._stop()
        self.shown = replace(self.shown, busy="running", proof=(), page=())
        self.undrawn = True  # most verdicts are there before anybody could read that
        work = (self.generation, every, only)
        threading.Thread(target=self._work, args=work, name="verdict", daemon=True).start()

    def _stop(self) -> None:
        """Whatever is under way is stale."""
        self.generation += 1
        self.proof.stop()
        if self._working.locked():
            self.quick.cancel()

    def _work(self, generation: int, every: bool, only: bool) -> None:
        def early(verdict: Verdict) -> None:
            self.events.put(("early", (generation, verdict)))

        def stale() -> bool:
            return generation != self.generation

        with self._working:
            if stale():
                return
            quick = self.quick
            if quick.is_wasm:
                self.proof.wait()  # its build would be in the way, and its image must not come after ours
            try:
                verdict = quick.verdict(
                    every=every, only=only, early=early, stale=lambda: generation != self.generation
                )
            except TaskrunnerError as error:
                verdict = Verdict(fault=Fault(error.code, str(error), error.file, error.line, error.hint))
            if verdict is not None:
                self.events.put(("verdict", (generation, verdict)))

    def _settle(self, verdict: Verdict) -> int:
        history = [*self.shown.history, verdict.green]
        self._show(verdict, busy="", history=history)
        self._draw()
        self.screen.tell(self.shown)
        return 1

    def _forebode(self, verdict: Verdict) -> int:
        """A test has failed, so the verdict will be red; which tests, only the end of the run says."""
        self._show(verdict, busy="running the rest")
        self.undrawn = True
        return 0

    def _show(self, verdict: Verdict, **more: Any) -> None:
        place, source = self._source_of(verdict)
        self.shown = replace(self.shown, verdict=verdict, place=place, source=source, proof=(), page=(), **more)

    def _changed(self, paths: list[Path]) -> None:
        if any(path.name in INPUTS for path in paths):
            try:
                task = self.workspace.task(self.task.id)
                if [path.name for path in paths] == ["tasks.json"] and self.quick.is_about(task) and self.readable:
                    return  # a status was written
                self._stop()
                self.quick = Quick(self.workspace, task, self.warm)
                self.watcher.follow(self.quick.watched)
                self.readable = True
            except TaskrunnerError as error:
                self.readable = False
                fault = Fault(error.code, str(error), error.file, error.line, error.hint)
                self._stop()
                self.undrawn = False
                self._settle(Verdict(fault=fault))
                return
        self._begin()

    def _pressed(self, key: str) -> None:
        if self.shown.page:
            self.shown = replace(self.shown, page=())
        elif key == "a":
            self._begin(every=True)
        elif key == "f":
            self._begin(only=True)
        elif key in ("b", "l", "m"):
            self.shown = replace(self.shown, page=page_for(key, self.workspace, self.task.id))

    # -- the proof

    def _prove(self) -> None:
        self.shown = replace(self.shown, proof=(("dim", "proving"),))
        self.proof.start()

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
