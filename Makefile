# TruckFlow AI. Two commands matter: make run, make test.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test build bench bench-backup ollama scale torture stack containers acme ha deb assets gen fmt setup setup-test setup-acme setup-ha

# A Go that scripts/setup.sh fetched goes first. Nothing needs a C compiler, and
# a checkout without git, or with changes, builds the same.
export PATH        := $(CURDIR)/.tools/go/bin:$(PATH)
export CGO_ENABLED := 0
export GOTOOLCHAIN := local
export GOFLAGS     := -buildvcs=false

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# Debian's versions begin with a digit and are compared: a tag, or before all tags.
DEBIAN_VERSION := $(shell echo "$(VERSION)" | sed -E '/^v?[0-9]+\.[0-9]/{s/^v//;b};s/^/0~git./' | tr - .)
SOURCES := $(wildcard cmd internal migrations scripts tools e2e)
SQLC    := github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1
SBOM    := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
PEBBLE  := github.com/letsencrypt/pebble/v2/cmd
TEMPL   := github.com/a-h/templ/cmd/templ@v0.3.977

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: setup build ## install what is missing, build, open a living demo at http://localhost:5000
	bin/truckflow serve --demo

test: setup-test build ## check everything: format, vet, every test (ARGS="-run Name" narrows)
	@trap scripts/stop-test-postgres.sh EXIT; \
	bad=$$(gofmt -l $(SOURCES)); [ -z "$$bad" ] || { echo "not formatted (make fmt):" $$bad; exit 1; }; \
	go vet ./...; go vet -C tools ./...; go vet -C tools/kube ./...; \
	go run ./scripts/testsum -args "$(ARGS)" . tools

build: assets ## build bin/truckflow and, beside it, the second reader's program
	@mkdir -p bin
	@go build -trimpath -ldflags "-s -w -X truckflow/internal/cli.Version=$(VERSION)" -o bin/truckflow ./cmd/truckflow
	@go build -trimpath -ldflags "-s -w" -o lib/truckflow/ocr/truckflow-ocr ./cmd/truckflow-ocr

bench: setup-test build ## print the speeds (BENCHTIME=1s BENCH=Name for more)
	@scripts/bench.sh $(ARGS)

bench-backup: setup-test ## print how fast backups and restores are beside pg_basebackup and cp (MB=10000 for more)
	@go test ./internal/ops/backup -run '^$$' -bench BesideFloors -benchtime 3x -timeout 60m -mb $(or $(MB),1000) | grep -v '^goos\|^goarch\|^PASS'

ollama: ## build the real Ollama, give it a tiny random model, run the engines' suite and drills against it
	@go run ./scripts/ollama

scale: setup-test ## print how instances behind HAProxy follow the work, from 1 to 3 and back
	@trap scripts/stop-test-postgres.sh EXIT; go test ./e2e -run TestScaleOutAndIn -count=1 -v -timeout 8m

stack: setup-test build ## bring the rendered single topology up as real processes, haul a load through it, tear it down
	@go test ./e2e -run '^TestStack$$' -count=1 -v | grep -v '^=== '

containers: build ## run the rendered compose file with Docker, haul a load through it, scale it, take it down (root, Docker with Compose)
	@go vet -tags containers ./e2e
	@go test ./e2e -tags containers -run '^TestContainers$$' -count=1 -v -timeout 20m | grep -v '^=== '

acme: setup-acme build ## get and renew a certificate by the rendered nginx and script, from Let's Encrypt's test server on loopback (root)
	@GOBIN=$(CURDIR)/.tools/bin go install $(PEBBLE)/pebble@v2.10.1 $(PEBBLE)/pebble-challtestsrv@v2.10.1
	@go vet -tags acme ./e2e
	@go test ./e2e -tags acme -run '^TestCertificate$$' -count=1 -v | grep -v '^=== '

ha: setup-ha build ## start the rendered cluster in network namespaces, break it while loads are booked, print what was lost (root)
	@go vet -tags ha ./e2e
	@go test ./e2e -tags ha -run '^TestHA$$' -count=1 -v -timeout 45m $(ARGS) | grep -v '^=== '

deb: build ## make bin/truckflow_*.deb, with its bill of materials
	@go run $(SBOM) bin -json -licenses=false -output bin/truckflow.sbom.json bin/truckflow
	@VERSION=$(DEBIAN_VERSION) ARCH=$$(go env GOARCH) go -C tools tool nfpm package -f packaging/nfpm.yaml -p deb -t ../bin/

torture: setup-test ## cut power, fill disks, tear files, and print what the backups lost (root)
	@go test ./internal/ops/backup -run TestTorture -torture -count=1 -v -timeout 12m | grep -Ev '^( *time=|=== )'

assets: ## fetch browser libraries, the gazetteer's data and the second reader, as locked
	@go run -C tools ./assets

gen: ## write generated code again: queries, pages
	go run $(SQLC) generate
	go run $(TEMPL) generate
	gofmt -w $(SOURCES)

fmt: ## format the Go code
	gofmt -w $(SOURCES)

setup:
	@scripts/setup.sh run

setup-acme:
	@scripts/setup.sh acme

setup-ha:
	@scripts/setup.sh ha

setup-test:
	@scripts/setup.sh test
