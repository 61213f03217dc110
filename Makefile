# `make` lists what there is to type. `make demo` and `make test` work on a fresh clone: they make
# .venv, and install or name what the system lacks.

# The interpreter that .venv is made with; by default the newest of Python 3.10 to 3.14 found.
PYTHON ?=
VENV ?= .venv
BENCH_VENV ?= .venv-bench
BROWSER_VENV ?= .venv-browser
WHEEL_VENV ?= .venv-wheel
FUZZ_SECONDS ?= 60
FUZZ_CASES ?= 100000
LEAK_CALLS ?= 100000
ROWS ?= 1000000
# How long wrk loads each deployment.
DEPLOY_SECONDS ?= 5
# How long each outage of `make test-faults` is.
FAULT_SECONDS ?= 5
# Where `make serve` listens; by default a free port.
PORT ?= 0

export PYTHON

PY := $(VENV)/bin/python

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: $(VENV)/installed  ## make .venv, with everything that development needs

$(VENV)/installed: pyproject.toml setup.py scripts/make_venv.sh
	@scripts/make_venv.sh $(VENV) dev
	@touch $@

.PHONY: build
build: $(VENV)/installed  ## compile the C extension in place, if its sources have changed
	@$(PY) setup.py --quiet build_ext --inplace

.PHONY: demo
demo: build  ## run the example under Gunicorn, walk through its API, time it, stop it
	@$(PY) scripts/demo.py

.PHONY: serve
serve: build  ## run the example under Gunicorn until Ctrl-C (PORT=8000, DATABASE_URL=...)
	@$(PY) scripts/serve.py --port $(PORT)

.PHONY: test
test: build  ## lint, C tests, Python tests, DRF tests on SQLite and PostgreSQL, example
	@$(PY) scripts/run_tests.py

.PHONY: lint
lint: build  ## the linters, formatters, type checkers and compiler warnings of `make test`
	@$(PY) scripts/run_tests.py lint

.PHONY: test-all
test-all:  ## Python, DRF and example tests on every Python found, then lint and C tests once
	@scripts/test_all.sh

.PHONY: test-deploy
test-deploy: build  ## the example on NGINX, Apache and so on; DEPLOY_SECONDS=5 of load for each
	@scripts/test_deploy.sh $(PY) $(DEPLOY_SECONDS) $(DEPLOY_ARGS)

.PHONY: test-faults
test-faults: build  ## Gunicorn under load while PostgreSQL and Redis fail, FAULT_SECONDS=5 each time
	@PYJWTFAST_TEST_DATABASE=postgresql PYJWTFAST_OUTAGE_SECONDS=$(FAULT_SECONDS) \
	    $(PY) -m pytest -q -s tests/drf/outages

.PHONY: test-browser
test-browser: $(BROWSER_VENV)/installed  ## the example's page in Chromium; Schemathesis over its API (TESTS=...)
	@scripts/check_requirements.sh browser
	@$(BROWSER_VENV)/bin/python setup.py --quiet build_ext --inplace
	@$(BROWSER_VENV)/bin/python -m pytest -q tests/browser $(TESTS)

$(BROWSER_VENV)/installed: pyproject.toml setup.py scripts/make_venv.sh
	@scripts/make_venv.sh $(BROWSER_VENV) browser
	@touch $@

.PHONY: fuzz-python
fuzz-python: build  ## the same calls of PyJWT and pyjwtfast at random, FUZZ_CASES=100000 of them
	@$(PY) -m tests.fuzz_python --cases $(FUZZ_CASES)

.PHONY: fuzz
fuzz:  ## run every fuzzer, each for FUZZ_SECONDS=60; needs clang
	@scripts/check_requirements.sh fuzz
	@$(MAKE) -C csrc fuzz FUZZ_SECONDS=$(FUZZ_SECONDS)

.PHONY: valgrind
valgrind:  ## run the C tests under Valgrind
	@scripts/check_requirements.sh valgrind
	@$(MAKE) -C csrc valgrind

.PHONY: test-sanitize sanitize
sanitize: test-sanitize
test-sanitize: build  ## run the Python tests against a build with ASan and UBSan
	@scripts/sanitize.sh $(PY)

.PHONY: test-leaks
test-leaks: build  ## LEAK_CALLS=100000 of each entry point: no object, reference or byte is left
	@PYJWTFAST_LEAK_CALLS=$(LEAK_CALLS) $(PY) -m pytest -q tests/isolated/test_every_call.py

.PHONY: coverage
coverage:  ## the lines of the core that C tests and fuzzers' seeds run; fails below 95 %
	@$(MAKE) -C csrc coverage

.PHONY: analyze
analyze: $(VENV)/installed  ## gcc's static analyzer and clang-tidy over the C code
	@scripts/check_requirements.sh analyze
	@scripts/analyze.sh $(PY)

.PHONY: instructions
instructions: $(VENV)/installed  ## instructions per HS256 call against the baseline (UPDATE=1 sets it)
	@scripts/check_requirements.sh valgrind
	@$(PY) benchmarks/instructions.py $(if $(UPDATE),--update)

.PHONY: messages
messages:  ## collect the messages of pyjwtfast.drf into its catalogues, and compile them
	@scripts/check_requirements.sh messages
	@scripts/messages.sh

.PHONY: test-arch
test-arch:  ## the C tests for arm64, armhf and s390x under QEMU (ARCH=..., also windows); Debian only
	@scripts/check_requirements.sh arch
	@scripts/test_arch.sh $(ARCH)

.PHONY: docs
docs: $(VENV)/installed  ## build the documentation into build/docs, to be read offline
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs --quiet build --strict --site-dir build/docs
	@echo "Open build/docs/index.html"

.PHONY: wheel
wheel:  ## a wheel with OpenSSL inside into dist/, tested in an environment of its own
	@scripts/wheel.sh $(WHEEL_VENV) dist

.PHONY: bench
bench:  ## side by side with PyJWT, simplejwt, ryjwt and oxyjwt (BENCH_ARGS=...)
	@scripts/bench.sh $(BENCH_VENV) benchmarks $(BENCH_ARGS)

.PHONY: bench-http
bench-http:  ## requests per second under Gunicorn, with PostgreSQL, beside simplejwt (BENCH_ARGS=...)
	@scripts/check_requirements.sh http
	@scripts/bench.sh $(BENCH_VENV) benchmarks.http $(BENCH_ARGS)

.PHONY: bench-scale
bench-scale:  ## how cost grows: a million users and tokens, threads, keys (BENCH_ARGS=...)
	@scripts/check_requirements.sh http
	@scripts/bench.sh $(BENCH_VENV) benchmarks.scale $(BENCH_ARGS)

.PHONY: bench-flush
bench-flush: build  ## flushexpiredtokens beside simplejwt's, on PostgreSQL (ROWS=1000000)
	@$(PY) -m benchmarks.flush --rows $(ROWS)

.PHONY: clean
clean:  ## remove what was built, the virtual environments included
	rm -rf .venv .venv-* build dist *.egg-info pyjwtfast/_core.*.so \
	    .mypy_cache .pytest_cache .ruff_cache .hypothesis example/db.sqlite3
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	$(MAKE) -C csrc clean
