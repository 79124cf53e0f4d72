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

# No target is a file.
.PHONY: $(shell sed -nE 's/^([a-z-]+):.*/\1/p' Makefile)

help:  ## Show this list.
	@awk -F ':[^#]*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:[^#]*## / { printf "  %-20s %s\n", $$1, $$2 }' Makefile

##@ Use
run: build model  ## Build, fetch the default model, open the explorer on the sample.
	@$(RELEASE) explore --run samples/run-base

build: system  ## Build the release binary.
	@$(SWIFT) build -c release --product seer

model:  ## Fetch the default model into the user's cache (once; checked by SHA-256).
	@scripts/fetch-model.sh

# Every second layer: the runs in git are half as large, and one can still walk through the model.
SAMPLE_LAYERS := 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30
SAMPLE_RUN = $(RELEASE) extract --model smollm2 --template plain --dtype float16
# The layers of the runs of words: `seer evaluate monitor` tells most tokens apart at the last of them, base and tuned.
WORD_LAYERS := 24,28
# $(1): base or tuned; $(2): the adapter's option.
define record_words
	rm -rf samples/run-words-$(1)
	$(SAMPLE_RUN) $(2) --concepts samples/concepts.csv --position mean --layers $(WORD_LAYERS) \
	  --run samples/run-words-$(1)
	$(RELEASE) evaluate monitor --model smollm2 $(2) --run samples/run-words-$(1) --record
endef
sample-words: build model  ## Record the sample's runs of words alone, base and tuned (a minute).
	$(call record_words,base,)
	$(call record_words,tuned,--adapter samples/adapter)

samples: build model  ## Record the samples: run-base, adapter, run-tuned, those of words, run-subjects (some 6 minutes).
	rm -rf samples/run-base samples/adapter samples/run-tuned samples/run-subjects
	$(SAMPLE_RUN) --concepts samples/concepts.csv --layers $(SAMPLE_LAYERS) --run samples/run-base
	$(RELEASE) train --model smollm2 --concepts samples/concepts.csv --retain samples/retain.csv \
	  --template plain --preset samples/preset.json --adapter samples/adapter
	$(SAMPLE_RUN) --concepts samples/concepts.csv --layers $(SAMPLE_LAYERS) --run samples/run-tuned \
	  --adapter samples/adapter
	$(SAMPLE_RUN) --concepts samples/subjects.csv --layers 0,6,12,18,24,30 --position mean \
	  --run samples/run-subjects
	$(call record_words,base,)
	$(call record_words,tuned,--adapter samples/adapter)

##@ Install and pack
PREFIX ?= /usr/local
install: build  ## Install program, samples, manual and shell completions: PREFIX=/usr/local
	@scripts/install-system.sh install
	@PYTHON=$(PYTHON) scripts/install.sh $(RELEASE) $(PREFIX)

# A build of its own: its program carries the standard library.
DEB := .build/deb
deb: system  ## Make a Debian package for this release, in .build/deb.
	@scripts/install-system.sh deb
	@$(SWIFT) build -c release --product seer --static-swift-stdlib --scratch-path $(DEB)/build
	@PYTHON=$(PYTHON) scripts/make-deb.sh $(DEB)/build/release/seer $(DEB)

ENGINE ?= $(shell command -v podman || command -v docker)
container:  ## Build a container image with the Containerfile: ENGINE=podman
	@test -n "$(ENGINE)" || { echo "seer: found neither podman nor docker, wanted one (ENGINE=)." >&2; exit 66; }
	$(ENGINE) build -f Containerfile -t seer .

# Trains and extracts on several machines; the default build knows nothing of MPI.
MPI := .build/release/seer-mpi
mpi:  ## Build seer-mpi, which trains and extracts under mpirun (docs/scale.md).
	@scripts/install-system.sh mpi
	@SEER_MPI=1 $(SWIFT) build -c release --product seer-mpi

##@ Develop
# `swift test` alone would build everything once more, for @testable imports that nobody has.
test: system-test  ## Build and run every test (FILTER=, ROOMS=Formats,Models), with what `make run` has built already.
	@SEER_ROOMS="$(ROOMS)" $(SWIFT) build -c release $(if $(ROOMS),--product seerPackageTests,--build-tests)
	@$(if $(findstring TUI,$(ROOMS))$(findstring Command,$(ROOMS)),SEER_ROOMS="$(ROOMS)" $(SWIFT) build -c release --product seer)
	@SEER_ROOMS="$(ROOMS)" $(SWIFT) test -c release --skip-build $(if $(FILTER),--filter "$(FILTER)")

lint:  ## Check format, imports, comments of public declarations, links, README's figures; warnings are errors.
	@$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Benchmarks/Sources Examples
	@$(PYTHON) scripts/check-imports.py
	@$(PYTHON) scripts/check-public.py
	@$(PYTHON) scripts/check-docs.py
	@$(PYTHON) scripts/readme-figures.py --check
	@$(PYTHON) scripts/verify-paper.py --check

format:  ## Format all Swift files.
	@$(SWIFT) format --in-place --recursive Package.swift Sources Tests Benchmarks/Sources Examples

system:  ## Install the system's packages that building wants, where they are missing.
	@scripts/install-system.sh build

system-test:  ## The same, with what the tests want.
	@scripts/install-system.sh test

ci-smoke: build model  ## The main job on the default model, end to end (.ci/run).
	@scripts/smoke.sh $(RELEASE)

##@ Check more than every change does (.ci/full)
ci-full:  ## What takes longer than every change's checks.
	@.ci/full

check-docs: build model  ## Run the commands of README and docs that take under a minute, and follow their links.
	$(PYTHON) scripts/check-docs.py --seer $(RELEASE)

check-notebook: build model  ## Run every command and line of Python of docs/notebook.md (needs numpy, pandas, safetensors).
	$(PYTHON) scripts/check-notebook.py --seer $(RELEASE)

check-pipe: build model  ## Run what docs/pipe.md shows: a monitor in front of a model.
	$(PYTHON) scripts/check-notebook.py --seer $(RELEASE) --page docs/pipe.md --models

check-dependency:  ## Show that another package can depend on this one by version: builds and runs Examples/Explore.
	@scripts/check-dependency.sh

picture: build  ## Draw README's moving picture from docs/screens/moving/moving.keys.
	$(RELEASE) explore --run samples/run-base --run samples/run-tuned --script docs/screens/moving/moving.keys

check-screens: build  ## Show that the screens in README and docs/ are what the explorer draws now.
	$(PYTHON) scripts/screens.py --seer $(RELEASE) --check

check-samples:  ## Show that a probe on the states beats a bag of words (needs scikit-learn).
	$(PYTHON) samples/check.py

test-mpi: build mpi model  ## Show that two ranks give the bits of one process, within a minute.
	$(PYTHON) scripts/check-scale.py --seer $(RELEASE) --mpi $(MPI) --only shards,two,mixture

scale: build mpi model  ## All of docs/scale.md's checks: kills, hangs, two hosts, Slurm (root; else skipped): ONLY=kill,hosts
	$(PYTHON) scripts/check-scale.py --seer $(RELEASE) --mpi $(MPI) $(if $(ONLY),--only $(ONLY))

trial:  ## A newcomer's first hour in a bare Debian 12, timed (root, debootstrap): [SWIFT_HOME=] [ONLY=deb]
	$(PYTHON) scripts/trial.py --work .build/trial $(if $(SWIFT_HOME),--swift $(SWIFT_HOME)) $(if $(ONLY),--only $(ONLY))

fuzz:  ## Damage model files of every kind, ten minutes each (FUZZ_SECONDS=600).
	@$(SWIFT) build -c release --build-tests
	@for reader in gguf safetensors torch tokenizer folder adapter template arrays; do \
	  SEER_FUZZ_SECONDS=$${FUZZ_SECONDS:-600} $(SWIFT) test -c release --skip-build \
	    --no-parallel --filter "ReaderFuzzTests/$$reader" || exit 1; \
	done

COMMAND_SECONDS ?= 600
fuzz-commands: build  ## Change command lines at random for ten minutes; goes on where it stopped: COMMAND_SECONDS= SEED=
	$(PYTHON) scripts/fuzz-commands.py --seer $(RELEASE) --seconds $(COMMAND_SECONDS) --seed $(or $(SEED),1)

SECONDS_OF_SOAK ?= 600
soak: build  ## Ten minutes of random keys, mouse and resizes on the real binary: SECONDS_OF_SOAK=
	$(PYTHON) Benchmarks/terminal/soak.py $(RELEASE) samples/run-base --seconds $(SECONDS_OF_SOAK) \
	  --seed $(or $(SEED),1)

##@ Draw and write
api: system  ## Write the pages of SeerKit and LinearAlgebra with DocC into .build/api; every warning is an error.
	@$(SWIFT) build -c release --target SeerKit
	@scripts/api-docs.sh .build/release .build/api

screens: build  ## Draw the screens that README and docs/ show.
	$(PYTHON) scripts/screens.py --seer $(RELEASE)

figures: build  ## Draw the sample before and after.
	$(RELEASE) compare --base samples/run-base --tuned samples/run-tuned --layer 24 --method tsne \
	  --permutations 50 --figure docs/figures/sample.svg

# A colon stands between the runs of a pair: PAIRS="math-base:math-tuned safety-base:safety-tuned".
pair_of = --base $(word 1,$(subst :, ,$(1))) --tuned $(word 2,$(subst :, ,$(1)))
figure: build  ## Draw pairs of runs before and after: PAIRS="base:tuned ..." FIGURE=docs/figures/math.svg [LAYER= METHOD=]
	@test -n "$(PAIRS)" -a -n "$(FIGURE)" || { echo "Give PAIRS=, runs as base:tuned, and FIGURE=, a .svg or .png." >&2; exit 64; }
	$(RELEASE) compare $(foreach pair,$(PAIRS),$(call pair_of,$(pair))) $(if $(LAYER),--layer $(LAYER)) \
	  --method $(or $(METHOD),tsne) --permutations 50 --figure $(FIGURE)

##@ Measure time
BENCH := .build/release/Bench
BASELINE ?= Benchmarks/baselines/zen5-2.json

bench-build: system  ## Build the benchmarks.
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

# Resumable, too; 18 GB of disk for the default MIXTURE, which is made once.
MIXTURE ?= .build/mixture/30b-a3b-q4_k.gguf
versus-moe: build bench-build  ## A 30B-A3B mixture opened, extracted in 12 GB, decoded beside llama.cpp (MIXTURE=, ROWS=, ROUNDS=, DATA=).
	@test -d $(PEERS)/venv || $(PYTHON) -m venv $(PEERS)/venv
	@$(PEERS)/venv/bin/python -m pip install --quiet -r Benchmarks/peers/requirements.txt
	@mkdir -p $(dir $(MIXTURE))
	@test -f $(MIXTURE) || $(PEERS)/venv/bin/python scripts/make-large-model.py \
	  --shape 30b-a3b --type Q4_K --output $(MIXTURE)
	@scripts/bench-peers.py --only limits,moe --python $(PEERS)/venv/bin/python --mixture $(MIXTURE) \
	  --data $(DATA) --rows $(or $(ROWS),200) --name mixture --work $(PEERS)/mixture \
	  $(if $(ROUNDS),--rounds $(ROUNDS))

readme-figures:  ## Write README's table of speed from docs/performance.md's.
	$(PYTHON) scripts/readme-figures.py

build-times:  ## Measure what building and testing a clean clone takes; writes docs/performance.md.
	$(PYTHON) scripts/build-times.py --output docs/performance.md

versus-extract: build model  ## Extraction against transformers: PEER=... DATA=... (README).
	@test -n "$(PEER)" || { echo "Give PEER=, a command that prints 'N tok/s'." >&2; exit 64; }
	scripts/versus.py --figure-a '"tokens_per_second":([0-9.]+)' --figure-b '([0-9]+) tok/s' \
	  "rm -rf .build/versus && $(RELEASE) extract --template plain --concepts $(DATA) \
	   --run .build/versus --json" "$(PEER)"

# Resumable: what is measured stays in .build/scale-cost.
scale-cost: build mpi model  ## What ranks and joining cost; writes docs/scale.md: ROUNDS=3
	$(PYTHON) scripts/check-scale.py --seer $(RELEASE) --mpi $(MPI) --cost docs/scale.md --rounds $(or $(ROUNDS),3) \
	  --work .build/scale-cost

##@ Measure results (resumable: what is done stays in .build)
# TRAIN= and TEST= hold one concept set split by prompt; resumable: what is done stays in WORK.
WORK ?= .build/verify-$(NAME)
verify-training: build model  ## Train all objectives, three seeds each, and write docs/training-NAME.md: NAME= TRAIN= TEST=
	@test -n "$(NAME)" -a -n "$(TRAIN)" -a -n "$(TEST)" || { echo "Give NAME=, and TRAIN= and TEST=, two concept files." >&2; exit 64; }
	$(PYTHON) scripts/verify-training.py --seer $(RELEASE) --train $(TRAIN) --test $(TEST) \
	  --retain samples/retain.csv --layer $(or $(LAYER),24) --work $(WORK) \
	  --output $(or $(OUTPUT),docs/training-$(NAME).md) --name "$(NAME)"

# Work folders of verify-training: SETS="safety=.build/verify-safety,math=.build/verify-math".
separation: build  ## Write docs/separation.md, before and after on held-out rows: SETS="NAME=FOLDER,..." [LAYER=]
	@test -n "$(SETS)" || { echo "Give SETS=, names and work folders of verify-training." >&2; exit 64; }
	$(PYTHON) scripts/separation-page.py --seer $(RELEASE) --sets $(SETS) --layer $(or $(LAYER),24)

# The measured figures of docs/monitor-figures.md; runs are kept in .build/verify-monitor.
verify-monitor: build model  ## Measure the recorded runs of words, base and tuned, by both readers: [XSTEST=]
	$(PYTHON) scripts/verify-monitor.py --seer $(RELEASE) $(if $(XSTEST),--xstest $(XSTEST)) \
	  --output docs/monitor-figures.md

# DATA= is a folder with the research sets (scripts/verify-paper.py names the files). Resumable: every arm, set and seed is a
# step; ONLY=math/seer,detox/sft/1 takes some of them. Steps that docs/paper-results.json has are not run again, and others are run in
# its sizes; for other sizes LIMIT="--results other.json --output other.md --steps 100". BESIDE= is another model's file.
verify-paper: build model  ## Run the paper's experiments arm by arm, into docs/results.md: DATA= [LIMIT=] [ONLY=] [BESIDE=]
	@test -d "$(DATA)" || { echo "Give DATA=, a folder with the research sets." >&2; exit 64; }
	$(PYTHON) scripts/verify-paper.py --seer $(RELEASE) --data $(DATA) $(if $(ONLY),--only $(ONLY)) \
	  $(if $(BESIDE),--beside $(BESIDE)) $(LIMIT)

# DATA= is a folder with the research sets (scripts/verify-applications.py names the files). Resumable; with
# LIMIT="--seeds 0,1,2" an hour on two cores, a tenth of it with LIMIT="--limit 300 --prompts 100 --steps 30".
verify-applications: build model  ## Train and judge a monitor and a detoxified model, every figure: DATA= [LIMIT=] [ADAPTERS=]
	@test -d "$(DATA)" || { echo "Give DATA=, a folder with the research sets." >&2; exit 64; }
	$(PYTHON) scripts/verify-applications.py --seer $(RELEASE) --data $(DATA) --adapters "$(ADAPTERS)" $(LIMIT)
