# Needs only make and Python 3.11 or newer; everything else goes into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test verify examples lint docs bench agreement bench-sweeps claims studies gallery twin install
.PHONY: reproduce archive mutation fuzz coverage oldest newest

STUDIES := one-at-a-time morris-screen sobol policy-grid ablations

run: install            ## the baseline: targets beside results, and results/war-years/
	$(BIN)/abm run war-years --overwrite

test: install           ## the fast tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

verify: install         ## statistical checks against closed forms, some minutes
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow and not examples"

examples: install       ## the longer pages' examples as they stand, a quarter of an hour
	$(BIN)/python -m pytest -n 2 -m examples

lint: install           ## style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: install           ## the documentation as a site, build/site/index.html; tables from the code
	$(BIN)/python docs/tables.py
	$(BIN)/python docs/kept.py
	rm -rf docs/api build/site
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs build/site

bench: install build/bench-env/installed  ## speed beside other systems, half an hour
	$(BIN)/python -m benchmarks.bench

build/bench-env/installed:  # Flee and Starsim have needs of their own, 0.8 GB
	$(PYTHON) -m venv --clear build/bench-env
	build/bench-env/bin/pip install --quiet flee==3.1 starsim==3.7.2
	@touch $@

agreement: install      ## one run one to one beside twenty at scale 100, outcome by outcome
	$(BIN)/abm run war-years --scale 1 --replicates 1 --overwrite --out build/agreement/one
	$(BIN)/abm run war-years --scale 100 --replicates 20 --seed 2 --overwrite --out build/agreement/hundred
	$(BIN)/python -m benchmarks.agreement build/agreement/one build/agreement/hundred

bench-sweeps: install   ## what a sweep costs beside its runs; a quarter of an hour
	$(BIN)/python -m benchmarks.sweeps

gallery: install        ## the figures of docs/gallery.md, some ten minutes
	$(BIN)/python docs/gallery.py

twin: install           ## the tables and figures of docs/twin.md and docs/identifiability.md
	$(BIN)/python docs/twin.py

studies: install        ## the shipped studies, hours; goes on where it was stopped
	set -e; for study in $(STUDIES); do \
	  $(BIN)/abm sweep experiments/$$study.toml --out build/studies/$$study; \
	  $(BIN)/abm sensitivity build/studies/$$study --out results/$$study; done

claims: install         ## the seeds' claims put to the test; says hours first, goes on where it stopped
	$(BIN)/abm claims

reproduce: install      ## what is kept in results/, anew, hours; KEPT=policy-grid: one folder
	$(BIN)/python experiments/reproduce.py $(KEPT)

archive: install        ## dist/relokant-VERSION.zip for CoMSES or Zenodo, as of the last commit
	mkdir -p dist
	version=$$($(BIN)/python -c 'import abm; print(abm.__version__)') && git archive \
	  --format=zip --prefix=relokant-$$version/ --output=dist/relokant-$$version.zip HEAD

coverage: install       ## of the model, by lines and branches; results/checks/coverage.csv
	$(BIN)/pip install --quiet --constraint constraints.txt pytest-cov
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" --cov=abm --cov-branch \
	  --cov-report=json:build/coverage.json --cov-report=
	$(BIN)/python tests/coverage_result.py

# A run and the tests of formulas on the lowest and on the newest versions that are allowed.
SMOKE = tests/test_known_answers.py tests/test_decision.py tests/test_store.py
oldest newest: install
	$(PYTHON) -m venv --clear build/$@
	build/$@/bin/pip install --quiet $(if $(filter oldest,$@),$$($(BIN)/python tests/lowest.py)) \
	  --editable . pytest hypothesis
	build/$@/bin/abm run war-years --scale 10000 --replicates 1 --overwrite --out build/$@/run
	build/$@/bin/python -m pytest -q -p no:cacheprovider $(SMOKE)

fuzz: install           ## 21,500 damaged inputs, a quarter of an hour; results/checks/fuzz.csv
	$(BIN)/python tests/fuzz_result.py

mutation: install       ## are changes of the formulas noticed? results/checks/mutation.csv
	$(BIN)/pip install --quiet --constraint constraints.txt mutmut
	$(BIN)/mutmut run
	$(BIN)/python tests/mutation_result.py

install: .venv/installed

# A .venv that is missing, half made or moved has no working pip: make it anew.
.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
	  "relokant needs Python 3.11 or newer; for example: make $(MAKECMDGOALS) PYTHON=python3.12")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@
