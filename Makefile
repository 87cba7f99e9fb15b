# `make demo` shows the main job, `make test` proves the project; both do all their own set-up.
SHELL := /bin/bash
PY := .venv/bin/python
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo demo-wasm test test-full lint bench setup clean
help:
	@sed -n 's/^#: //p' Makefile

#: make demo       set up, then take a Lua counter from plan to done in .demo/
demo:
	@tools/setup run && $(PY) tools/demo.py lua

#: make demo-wasm  the same for a counter in Rust
demo-wasm:
	@tools/setup rust && $(PY) tools/demo.py wasm

#: make test       set up, then lint, types and all tests (about ten minutes on two cores)
test:
	@tools/setup test && tools/check

#: make test-full  the same with the long versions
test-full:
	@tools/setup test && tools/check --full

#: make lint       ruff and mypy only
lint:
	@tools/setup test && tools/check --lint

#: make bench      every measurement of bench/, as medians
bench:
	@tools/setup test && for script in bench/*.py; do $(PY) $$script || exit 1; done

#: make setup      only the set-up for tests
setup:
	@tools/setup test

#: make clean      remove what set-up, demo and tests made
clean:
	@rm -rf .venv .demo node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
