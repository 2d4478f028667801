# make demo   rehearse the campaign on 300 invented schools (ONCE=1 ends by itself)
# make fuzz   100,000 bent workbooks, archives and mails through the readers (N=2000 for a short run)
# make torture  the experiments of docs/reliability.md (E="E3 E4" some, FACTOR=0.1 smaller, DB=postgresql)
# make bench  each step beside its floor (ROWS="workbook rollup" ROUNDS=5), as in docs/performance.md
# make test   everything that must hold: ruff, mypy, import-linter, pytest
.PHONY: demo fuzz torture bench test check install clean
SHELL := /bin/bash
PY := .venv/bin/python

install: .venv/.installed
.venv/.installed: pyproject.toml constraints.txt tools/venv.sh
	@bash tools/venv.sh

demo: install
	@$(PY) -m desk.cli demo $(if $(ONCE),--once)

N ?= 100000
fuzz: install
	@$(PY) -m tests.fuzz --number $(N)

FACTOR ?= 1
DB ?= each
torture: install
	@$(PY) -m tests.torture $(E) --factor $(FACTOR) --database $(DB) --out torture.json

ROWS ?=
ROUNDS ?= 5
OUT ?= benchmarks/results.json
bench: install
	@$(PY) -m benchmarks.run --rows "$(ROWS)" --rounds $(ROUNDS) --out $(OUT)

check: install
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

test: check
	@bash tools/test.sh
clean:
	rm -rf .venv demo .mypy_cache .ruff_cache .pytest_cache
