# Targets for a Makefile: `include modgov.mk`. BASE is what changes are compared with.
MODGOV ?= go run github.com/modgov/modgov/cmd/modgov@latest
BASE ?= origin/main

.PHONY: deps-check deps-check-all deps-fix

deps-check: ## what this branch brings or makes worse
	$(MODGOV) check --base $(BASE)

deps-check-all: ## everything, and what is retracted or deprecated
	$(MODGOV) check --remote

deps-fix: ## the smallest change that clears the findings
	$(MODGOV) fix
