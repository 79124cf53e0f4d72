# Everything a user or a developer does; `make help` lists it.

SWIFT ?= swift
RELEASE := .build/release/seer
PYTHON ?= python3
# The file whose rows the published figures were measured on; the sample where it is not given.
DATA ?= samples/concepts.csv

# OpenBLAS takes new AVX-512 processors for AVX2 ones (ARCHITECTURE.md, "Kernels"). The program
# restarts itself with the right kernels; test runners cannot, so they are told here.
ifneq (,$(shell grep -m1 -w avx512bw /proc/cpuinfo 2>/dev/null))
test bench bench-baseline: export OPENBLAS_CORETYPE ?= SkylakeX
endif

.PHONY: help run build test build-times bench bench-build bench-rows bench-baseline bench-peers lint format model samples figures figure screens check-screens soak check-samples fuzz versus-extract verify-training system system-test ci-smoke

# The measured figures of docs/monitor-figures.md; runs are kept in .build/verify-monitor.
.PHONY: verify-monitor
verify-monitor: build model  ## Measure the monitor, base and tuned: ADAPTER= LAYER= [XSTEST=]
	@test -n "$(ADAPTER)" || { echo "Give ADAPTER=, an adapter folder." >&2; exit 64; }
	$(PYTHON) scripts/verify-monitor.py --seer $(RELEASE) --adapter $(ADAPTER) --layer $(or $(LAYER),24) \
	  $(if $(XSTEST),--xstest $(XSTEST)) --output docs/monitor-figures.md


help:  ## Show this list.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

run: build model  ## Build, fetch the default model, open the explorer on the sample.
	@$(RELEASE) explore --run samples/run-base

build: system  ## Build the release binary.
	@$(SWIFT) build -c release --product seer

# `swift test` alone would build everything once more, for @testable imports that nobody has.
test: system-test  ## Build and run every test (FILTER=, ROOMS=Formats,Models), with what `make run` has built already.
	@SEER_ROOMS="$(ROOMS)" $(SWIFT) build -c release $(if $(ROOMS),--product seerPackageTests,--build-tests)
	@SEER_ROOMS="$(ROOMS)" $(SWIFT) test -c release --skip-build $(if $(FILTER),--filter "$(FILTER)")

BENCH := .build/release/Bench
BASELINE ?= Benchmarks/baselines/zen5-2.json

bench-build: system
	@SEER_BENCH=1 $(SWIFT) build -c release --product Bench
	@SEER_BENCH=1 $(SWIFT) build -c release --product ProjectionBenchmark

bench: bench-build  ## Time kernels and paths, as ratios to the baseline kept (FILTER=, BASELINE=).
	@$(BENCH) --baseline $(BASELINE) --filter "$(FILTER)"

bench-rows: bench-build  ## Read a gigabyte of JSON Lines and of CSV: speed and memory (MEGABYTES=1000).
	@$(BENCH) rows --megabytes $(or $(MEGABYTES),1000)

bench-baseline: bench-build  ## Keep this machine's figures as the baseline (BASELINE=).
	@$(BENCH) --save $(BASELINE)

# Resumable: what is measured stays in .build/peers; the sample has a table of its own; ONLY=decoding,load measures some of it.
PEERS := .build/peers
bench-peers: build model bench-build  ## Seer beside its peers, in turn; writes docs/performance.md (DATA=, ONLY=, GEMMA=).
	@test -d $(PEERS)/venv || $(PYTHON) -m venv $(PEERS)/venv
	@$(PEERS)/venv/bin/python -m pip install --quiet -r Benchmarks/peers/requirements.txt
	@scripts/bench-peers.py --python $(PEERS)/venv/bin/python --data $(DATA) \
	  $(if $(filter samples/concepts.csv,$(DATA)),--name samples --work $(PEERS)/samples) \
	  $(if $(ONLY),--only $(ONLY)) $(if $(GEMMA),--gemma $(GEMMA)) $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: readme-figures
readme-figures:  ## Write README's table of speed from docs/performance.md's.
	$(PYTHON) scripts/readme-figures.py

fuzz:  ## Damage model files of every kind, ten minutes each (FUZZ_SECONDS=600).
	@$(SWIFT) build -c release --build-tests
	@for reader in gguf safetensors torch tokenizer folder adapter template arrays; do \
	  SEER_FUZZ_SECONDS=$${FUZZ_SECONDS:-600} $(SWIFT) test -c release --skip-build \
	    --filter "ReaderFuzzTests/$$reader" || exit 1; \
	done

COMMAND_SECONDS ?= 600
.PHONY: fuzz-commands
fuzz-commands: build  ## Change command lines at random for ten minutes; goes on where it stopped: COMMAND_SECONDS= SEED=
	$(PYTHON) scripts/fuzz-commands.py --seer $(RELEASE) --seconds $(COMMAND_SECONDS) --seed $(or $(SEED),1)

PREFIX ?= /usr/local
.PHONY: install deb
install: build  ## Install program, samples, manual and shell completions: PREFIX=/usr/local
	@PYTHON=$(PYTHON) scripts/install.sh $(RELEASE) $(PREFIX)

deb: system  ## Make a Debian package for this release, in .build.
	@$(SWIFT) build -c release --product seer --static-swift-stdlib
	@PYTHON=$(PYTHON) scripts/make-deb.sh $(RELEASE) .build

build-times:  ## Measure what building and testing a clean clone takes; writes docs/performance.md.
	$(PYTHON) scripts/build-times.py --output docs/performance.md

lint:  ## Check the format, that no import points up, and README's figures; warnings are errors.
	@$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Benchmarks/Sources Examples
	@$(PYTHON) scripts/check-imports.py
	@$(PYTHON) scripts/readme-figures.py --check

format:  ## Format all Swift files.
	@$(SWIFT) format --in-place --recursive Package.swift Sources Tests Benchmarks/Sources Examples

model:  ## Fetch the default model into the user's cache (once; checked by SHA-256).
	@scripts/fetch-model.sh

samples: build model  ## Record the sample: run-base, adapter and run-tuned (some 5 minutes).
	rm -rf samples/run-base samples/adapter samples/run-tuned
	$(RELEASE) extract --model smollm2 --concepts samples/concepts.csv --run samples/run-base \
	  --template plain --dtype float16
	$(RELEASE) train --model smollm2 --concepts samples/concepts.csv --retain samples/retain.csv \
	  --template plain --preset samples/preset.json --adapter samples/adapter
	$(RELEASE) extract --model smollm2 --adapter samples/adapter --concepts samples/concepts.csv \
	  --run samples/run-tuned --template plain --dtype float16

figures: build  ## Draw the sample before and after.
	$(RELEASE) compare --base samples/run-base --tuned samples/run-tuned --layer 24 --method tsne \
	  --permutations 50 --figure docs/figures/sample.svg

# A colon stands between the runs of a pair: PAIRS="math-base:math-tuned safety-base:safety-tuned".
pair_of = --base $(word 1,$(subst :, ,$(1))) --tuned $(word 2,$(subst :, ,$(1)))
figure: build  ## Draw pairs of runs before and after: PAIRS="base:tuned ..." FIGURE=docs/figures/math.svg [LAYER= METHOD=]
	@test -n "$(PAIRS)" -a -n "$(FIGURE)" || { echo "Give PAIRS=, runs as base:tuned, and FIGURE=, a .svg or .png." >&2; exit 64; }
	$(RELEASE) compare $(foreach pair,$(PAIRS),$(call pair_of,$(pair))) $(if $(LAYER),--layer $(LAYER)) \
	  --method $(or $(METHOD),tsne) --permutations 50 --figure $(FIGURE)

screens: build  ## Draw the screens that README and docs/ show.
	$(PYTHON) scripts/screens.py --seer $(RELEASE)

.PHONY: picture
picture: build  ## Draw README's moving picture from docs/screens/moving/moving.keys.
	$(RELEASE) explore --run samples/run-base --run samples/run-tuned --script docs/screens/moving/moving.keys

check-screens: build  ## Show that those screens are what the explorer draws now.
	$(PYTHON) scripts/screens.py --seer $(RELEASE) --check

SECONDS_OF_SOAK ?= 600
soak: build  ## Ten minutes of random keys, mouse and resizes on the real binary: SECONDS_OF_SOAK=
	$(PYTHON) Benchmarks/terminal/soak.py $(RELEASE) samples/run-base --seconds $(SECONDS_OF_SOAK) \
	  --seed $(or $(SEED),1)

.PHONY: check-dependency
check-dependency:  ## Show that another package can depend on this one by version.
	@scripts/check-dependency.sh

check-samples:  ## Show that a probe on the states beats a bag of words (needs scikit-learn).
	$(PYTHON) samples/check.py

.PHONY: check-notebook
check-notebook: build  ## Run every command and line of Python of docs/notebook.md (needs numpy, pandas, safetensors).
	$(PYTHON) scripts/check-notebook.py --seer $(RELEASE)

system:
	@scripts/install-system.sh build

system-test:
	@scripts/install-system.sh test

versus-extract: build model  ## Extraction against transformers: PEER=... DATA=... (README).
	@test -n "$(PEER)" || { echo "Give PEER=, a command that prints 'N tok/s'." >&2; exit 64; }
	scripts/versus.py --figure-a '"tokens_per_second":([0-9.]+)' --figure-b '([0-9]+) tok/s' \
	  "rm -rf .build/versus && $(RELEASE) extract --template plain --concepts $(DATA) \
	   --run .build/versus --json" "$(PEER)"

# TRAIN= and TEST= hold one concept set split by prompt; resumable: what is done stays in WORK.
WORK ?= .build/verify-$(NAME)
verify-training: build model  ## Train all objectives, three seeds each, and write docs/training-NAME.md: NAME= TRAIN= TEST=
	@test -n "$(NAME)" -a -n "$(TRAIN)" -a -n "$(TEST)" || { echo "Give NAME=, and TRAIN= and TEST=, two concept files." >&2; exit 64; }
	$(PYTHON) scripts/verify-training.py --seer $(RELEASE) --train $(TRAIN) --test $(TEST) \
	  --retain samples/retain.csv --layer $(or $(LAYER),24) --work $(WORK) \
	  --output $(or $(OUTPUT),docs/training-$(NAME).md) --name "$(NAME)"

# DATA= is a folder with the research sets (scripts/verify-paper.py names the files). Resumable: every arm, set and seed is a
# step; ONLY=math/seer,detox/sft/1 takes some of them, LIMIT="--limit 60 --prompts 20 --questions 20 --steps 2" less of each.
# Trains and extracts on several machines; the default build knows nothing of MPI.
MPI := .build/release/seer-mpi
.PHONY: mpi test-mpi scale ci-full
mpi:  ## Build seer-mpi, which trains and extracts under mpirun (docs/scale.md).
	@scripts/install-system.sh mpi
	@SEER_MPI=1 $(SWIFT) build -c release --product seer-mpi

test-mpi: build mpi model  ## Show that 1, 2 and 3 ranks give one adapter and one run, byte for byte.
	$(PYTHON) scripts/check-scale.py --seer $(RELEASE) --mpi $(MPI) --only shards,ranks,mixture,extract

scale: build mpi model  ## All of docs/scale.md's checks: kills, hangs, two hosts, Slurm (root; else skipped): ONLY=kill,hosts
	$(PYTHON) scripts/check-scale.py --seer $(RELEASE) --mpi $(MPI) $(if $(ONLY),--only $(ONLY))

ci-full:  ## What takes longer than every change's checks (.ci/full).
	@.ci/full

.PHONY: verify-paper
verify-paper: build model  ## Run the paper's experiments arm by arm, and write docs/paper.md: DATA= [LIMIT=] [ONLY=]
	@test -d "$(DATA)" || { echo "Give DATA=, a folder with the research sets." >&2; exit 64; }
	$(PYTHON) scripts/verify-paper.py --seer $(RELEASE) --data $(DATA) $(if $(ONLY),--only $(ONLY)) $(LIMIT)

# Work folders of verify-training: SETS="safety=.build/verify-safety,math=.build/verify-math".
.PHONY: separation
separation: build  ## Write docs/separation.md, before and after on held-out rows: SETS="NAME=FOLDER,..." [LAYER=]
	@test -n "$(SETS)" || { echo "Give SETS=, names and work folders of verify-training." >&2; exit 64; }
	$(PYTHON) scripts/separation-page.py --seer $(RELEASE) --sets $(SETS) --layer $(or $(LAYER),24)

# DATA= is a folder with the research sets (scripts/verify-applications.py names the files). Resumable; with
# LIMIT="--seeds 0,1,2" an hour on two cores, a tenth of it with LIMIT="--limit 300 --prompts 100 --steps 30".
.PHONY: verify-applications
verify-applications: build model  ## Train and judge the paper's applications, and write docs/results.md: DATA= [LIMIT=] [ADAPTERS=]
	@test -d "$(DATA)" || { echo "Give DATA=, a folder with the research sets." >&2; exit 64; }
	$(PYTHON) scripts/verify-applications.py --seer $(RELEASE) --data $(DATA) --adapters "$(ADAPTERS)" $(LIMIT)

ci-smoke: build model
	@scripts/smoke.sh $(RELEASE)
