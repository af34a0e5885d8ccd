# Two commands on a bare machine: `make demo` and `make test`. Each sets up what it needs in .venv first.
PYTHON ?= python3
BIN := .venv/bin
export PYTHON
# Three workers and hundreds of processes read the same modules: each is compiled once, also where the environment forbids
# it. (Python and pytest keep what they compiled in __pycache__.)
unexport PYTHONDONTWRITEBYTECODE

# The folders of tests that mypy checks, each with where it finds its kits: paths, and last the folder itself.
TYPED := e2e:conftest.py service/tests/kits:service/tests contract_tests e2e bench:service/tests/kits:bench mocks/kit/tests mocks/cmi/tests mocks/c4c/tests \
	e2e:mocks/c4c/tests:mocks/c4c/clients \
	mocks/orchestration/tests mocks/lab/tests/probe:mocks/lab/tests/documentation:mocks/lab/tests specs:specs/tests

.DEFAULT_GOAL := help
.PHONY: help demo test e2e screenshots contract clients faults planted falsify mutants soak long nightly containers image-tests up down bundle dist bench sizing check check-js format fidelity assumptions keep lock sbom \
	setup-lab setup-test clean

SOAK_S ?= 600

# make e2e BASE=compose plays the browser suite on the stack of `make up`, BASE_URL=http://… on any other.
BASE_URL ?= $(if $(filter compose,$(BASE)),http://127.0.0.1:$(or $(CONSOLE_PORT),8100))

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(if $(findstring --tour,$(ARGS)),setup-test,setup-lab) ## Set up, start the stack, carry a customer's files to C4C, check every byte (exit 0 only if all arrived)
	@$(BIN)/attachment-lab demo $(ARGS)

test: setup-test ## Set up, run the tests: unit, contract, stack, and a sample of the browser suite
	@$(BIN)/python -m pytest -n 3 --dist loadgroup -m "not long and (not e2e or sample)" $(ARGS)

e2e: setup-test ## Set up, run the whole browser suite (BASE=compose: on the stack in containers)
	@$(if $(filter compose,$(BASE)),deploy/compose_stack.sh up)
	@$(BIN)/python $(if $(BASE_URL),,e2e/alone.py $(BIN)/python) -m pytest e2e -n 2 --dist loadgroup \
		-m "not faults and not docker and not wheel" $(if $(BASE_URL),--base-url $(BASE_URL)) $(ARGS)

screenshots: setup-test ## Set up, write the pictures of every page for docs/images (ARGS='chain operator': some of them)
	@$(BIN)/python e2e/write_pictures.py $(ARGS)

contract: setup-test ## Set up, run the contract tests, print what they rest on (capped share of assumptions)
	@$(BIN)/python -m pytest contract_tests $(ARGS)
	@$(BIN)/python -m attachment_lab.fidelity --shares

clients: setup-test ## Real OData clients against the C4C mock: SAP Cloud SDK, CAP, UI5 and more (needs Node 18; CLIENTS='cap ui5': some)
	@mocks/c4c/clients/clients.sh install $(CLIENTS)
	@REQUIRE_NODE=1 $(BIN)/python -m pytest $(or $(CLIENTS:%=mocks/c4c/clients/test_%.py),mocks/c4c/clients) $(ARGS)

faults: setup-test ## The long runs: every cell of the fault matrix, 20 times kill -9 on SQLite and PostgreSQL, a 1 GB file, 500 chats
	@$(BIN)/attachment-lab matrix run --save var/matrix.json
	@CRASH_KILLS=20 BIG_FILE_MB=1024 LOAD_CHATS=500 $(BIN)/python -m pytest e2e/transfers/test_crashes.py \
		e2e/transfers/test_memory.py e2e/transfers/test_load.py e2e/transfers/test_database_outage.py $(ARGS)

planted: setup-test ## Plant defects in a copy of the service: each must turn red, from outside and inside (ARGS=ID, --one-in 8)
	@$(BIN)/python specs/planted.py $(ARGS)

falsify: setup-test ## Switch each guard off in a copy: a test must fail (ARGS=ID, --one-in 8)
	@$(BIN)/python specs/falsify.py $(ARGS)

mutants: setup-test ## Mutate the code that carries files: nine in ten must be killed, survivors explained (ARGS='--one-in 5'; long)
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps -r requirements/mutants.txt
	@$(BIN)/python specs/mutants.py $(ARGS)

soak: setup-lab ## Chats flow through one stack for ten minutes (SOAK_S=); memory, handles, threads, database must be flat
	@$(BIN)/attachment-lab soak --seconds $(SOAK_S)

long: setup-test ## The tests that `make test` leaves out for their length, and all generated ones (ARGS='--one-in 20': a sample)
	@EXAMPLES=thorough $(BIN)/python -m pytest -n 2 --dist loadgroup -m "long or hypothesis" $(ARGS)

nightly: test e2e clients long faults planted falsify mutants soak ## Everything: the suites, `make clients`, `long`, `faults`, `planted`, `falsify`, `mutants`, `soak`, 10,000 generated downloads
	@DOWNLOAD_EXAMPLES=10000 $(BIN)/python -m pytest service/tests/standin/test_downloads_generated.py $(ARGS)

up: ## The stack in containers: build what is missing, start, wait until healthy, play one chat through
	@deploy/compose_stack.sh up

down: ## Remove the stack's containers, networks and volumes
	@deploy/compose_stack.sh down

bundle: setup-lab ## One archive for a machine without network: images, compose file, wheels, checksums, load.sh
	@deploy/images/build.sh
	@$(BIN)/python -m attachment_lab.bundle --lock requirements/service.txt --lock requirements/lab.txt \
		--with deploy/README.md --with deploy/compose_stack.sh $(ARGS)

dist: setup-lab ## Build the three wheels into dist/, with locks, checksums and the install lines (INSTALL.txt)
	@requirements/dist.sh dist
	@cat dist/INSTALL.txt

containers: setup-test ## Build the images, run the container and outage tests (needs a Docker engine)
	@deploy/images/build.sh
	@$(BIN)/python -m pytest e2e -n 2 --dist loadgroup -m docker --ignore e2e/containers/test_images.py $(ARGS)

image-tests: setup-test ## Build every image twice: the same files, nothing of the build's network in them (long)
	@deploy/images/base.sh
	@$(BIN)/python -m pytest e2e/containers/test_images.py $(ARGS)

bench: setup-test ## Ratios, side by side in one run: how bytes are carried, files fetched ahead, a worker woken
	@$(BIN)/python bench/upload.py
	@$(BIN)/python bench/prefetch.py
	@$(BIN)/python bench/wake.py
	@$(BIN)/python bench/flood.py

sizing: setup-test ## Measure what bench/sizing.py reckons with (PostgreSQL, about five minutes)
	@$(BIN)/python bench/measure.py --write bench/figures.json

check: setup-test ## Lint, format, types (strict), layers, generated documents, bill of materials, dependency audit
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@for tests in $(TYPED); do MYPYPATH=$$tests $(BIN)/mypy $${tests##*:} || exit 1; done
	@$(BIN)/python requirements/words.py
	@! git grep -nE '^(<<<<<<<|>>>>>>>) '
	@$(MAKE) --no-print-directory check-js
	@$(BIN)/lint-imports
	@$(BIN)/python -m attachment_lab.fidelity --check docs/fidelity.md --shares
	@$(BIN)/python -m attachment_lab.flips.page --check docs/assumptions.md
	@$(BIN)/python requirements/sbom.py --check requirements/service.cdx.json
	@$(BIN)/python requirements/audit.py --offline-ok requirements/service.txt

check-js: ## The pages' JavaScript and CSS: format, lint, types, unit tests (needs Node 18)
	@requirements/js.sh check

format: setup-test ## Format and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@requirements/js.sh format

keep: setup-test ## Keep this release's program and databases for tests of the next one (NAME=step_0002; PostgreSQL)
	@$(BIN)/python service/tests/kits/programs/keep_database.py $(NAME)

fidelity: setup-test ## Write docs/fidelity.md from the evidence labels in the code
	@$(BIN)/python -m attachment_lab.fidelity --write docs/fidelity.md

assumptions: setup-lab ## Play every assumption of the demo turned into its opposite, write docs/assumptions.md (about two minutes)
	@$(BIN)/python -m attachment_lab.flips.page --play

lock: ## Write requirements/*.txt anew (needs uv), and the bill of materials
	@requirements/lock.sh
	@$(MAKE) --no-print-directory sbom

sbom: setup-test ## Write the service's bill of materials (CycloneDX, with licences and hashes) from its lock
	@$(BIN)/python requirements/sbom.py --write requirements/service.cdx.json

setup-lab:
	@requirements/install.sh lab

setup-test:
	@requirements/install.sh test

clean: ## Remove .venv and every cache
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results var .lab
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
