# The commands of everyday work. `make` alone lists them.
#
# Everything but the race detector is built without C, so that no compiler is needed
# and the build cache is shared.

export CGO_ENABLED ?= 0

FUZZTIME ?= 30s

GOLANGCI = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.DEFAULT_GOAL := help
.PHONY: help build test race lint golden demo pictures pictures-letters bench bench-send soak load fuzz ci

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## compile ./tidings
	go build -o tidings ./cmd/tidings

test: ## run the tests
	go test ./...

race: ## run the tests with the race detector, in random order
	CGO_ENABLED=1 go test -race -gcflags='modernc.org/sqlite/lib=-race=false' -shuffle=on ./...

lint: ## run the linters of .golangci.yml
	go run $(GOLANGCI) run ./...

golden: ## rewrite the golden files; review the difference
	go test ./mailer/compose ./subscriptions ./subscriptions/importer -update

demo: ## run the whole service on sample data
	go run ./cmd/tidings demo

pictures: ## photograph every page in every case into PICTURES; ONLY=desk/items for some
	TIDINGS_TEST_THOROUGH=1 PICTURES=$(or $(PICTURES),$(CURDIR)/pictures) ONLY='$(ONLY)' go test -tags pictures ./web -count=1 -run '^TestPictures$$'

pictures-letters: ## photograph the digests that docs/letters.md shows into docs/pictures, or PICTURES
	PICTURES=$(or $(PICTURES),$(CURDIR)/docs/pictures) go test -tags pictures ./mailer/compose -count=1 -run '^TestLetterPictures$$'

bench: ## run the benchmarks
	go test -run='^$$' -bench=. -skip='^BenchmarkSend$$' -benchmem $$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -r dirname | sort -u)

bench-send: ## hold a whole send against the plain loop over go-mail, in five minutes; MILLION=1 for a million people too
	MILLION=$(MILLION) go test ./cmd/tidings -run='^$$' -bench='^BenchmarkSend$$' -benchtime=1x -timeout 60m

soak: ## break everything for half an hour; SOAK=kill100 for one scenario
	go test -tags soak ./cmd/tidings -run '^TestSoak$$/scenarios/$(SOAK)' -parallel 2 -timeout 60m -v

load: ## read and sign up while an edition leaves to a million; LOAD_PEOPLE=20000 for fewer
	go test -tags load ./cmd/tidings -run '^TestLoad$$' -timeout 60m -v

fuzz: ## fuzz each target for FUZZTIME, 30s if not told otherwise
	@grep -r --include='*_test.go' '^func Fuzz' . | sed -E 's|/[^/]*:func (Fuzz[A-Za-z0-9_]*).*| \1|' | sort | while read -r dir target; do \
		echo "$$dir $$target"; \
		go test "$$dir" -run='^$$' -fuzz="^$$target$$" -fuzztime=$(FUZZTIME) || exit 1; \
	done

ci: ## do everything CI does
	bash .ci/run
