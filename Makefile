# make alone lists what can be done.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export CGO_ENABLED := 0

# Several of these lock or fill the machine; they are not meant to run side by side.
.NOTPARALLEL:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFUMPT := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GREMLINS := github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

# -buildvcs=false: a checkout that belongs to another user must build too.
GORUN := go run -buildvcs=false

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# What must run does: XIANJIE_TEST_ALL turns every "not installed" into a failure, and gotest.go fails on any other skip.
# The timeout is that of one package; as many packages run at once as there are processors.
.PHONY: test
test: deps ## vet, then every test; fails when one is skipped
	go vet ./...
	XIANJIE_TEST_ALL=1 $(GORUN) .ci/gotest.go -vet=off -timeout=20m ./...

.PHONY: deps
deps: ## install what the tests need and this machine lacks (apt-get)
	@.ci/deps

.PHONY: lint
lint: ## gofumpt, go vet, staticcheck, checks of .ci, govulncheck (if its database can be reached)
	@files=$$($(GORUN) $(GOFUMPT) -l .); [ -z "$$files" ] || { printf 'not gofumpt clean:\n%s\n' "$$files"; exit 1; }
	go vet ./...
	$(GORUN) $(STATICCHECK) ./...
	@.ci/check-gotest
	@.ci/check-vulncheck
	@.ci/vulncheck $(GORUN) $(GOVULNCHECK)

.PHONY: bench
bench: ## every benchmark
	go test -run='^$$' -bench=. -benchmem ./...

.PHONY: takeover
takeover: ## processes on one database and Redis, killed and stopped N times each while members write (N=20)
	TEST_TAKEOVERS=$(or $(N),20) go test . -run '^TestTakeover$$' -count=1 -timeout 0 -v

.PHONY: soak
soak: ## one process under load for SOAK=1h: memory, goroutines and file handles must stay what they are
	TEST_SOAK=$(or $(SOAK),1h) go test . -run '^TestSoak$$' -count=1 -timeout 0 -v

.PHONY: seasons
seasons: ## N simulated seasons of 5,000 members, judged from outside (N=50)
	XIANJIE_SEASONS=$(or $(N),50) XIANJIE_SEASON_SIZE=whole go test ./scheduler -run '^TestSeasons$$' -timeout 0 -v

.PHONY: mutate
mutate: ## change the rules in seasons/ and season/ one at a time; the tests must notice (minutes)
	XIANJIE_MUTANTS=all go test ./season -run '^TestMutants$$' -v -count=1
	$(GORUN) $(GREMLINS) unleash ./season --exclude-files '(show|diff|load|yaml|validate).*\.go$$' --timeout-coefficient 20

.PHONY: cover
cover: deps ## tests with coverage; writes cover.out and cover.html
	XIANJIE_TEST_ALL=1 $(GORUN) .ci/gotest.go -timeout=20m -coverpkg=./... -coverprofile=cover.out ./...
	go tool cover -html=cover.out -o cover.html
	go tool cover -func=cover.out | tail -n 1

.PHONY: build
build: ## one static binary, ./xianjie
	go build -buildvcs=false -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o xianjie .

.PHONY: demo
demo: ## the whole product on this machine, on made-up people (ARGS='--members 20')
	$(GORUN) . demo $(ARGS)
