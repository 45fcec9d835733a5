package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// runPolicy prints what a policy of 500 items and 500 exceptions, most of which meet something in the tree, adds to
// modgov check: the median of the differences of runs that follow each other.
func runPolicy(corpus, tree string, runs int) error {
	root, err := treeOf(corpus, tree)
	if err != nil {
		return err
	}
	text, err := largePolicy(root)
	if err != nil {
		return err
	}
	work, modgov, err := prepare()
	defer removeAll(work)
	if err != nil {
		return err
	}
	var subjects []*subject
	for _, p := range []struct{ name, text string }{
		{"version: 1 alone", "version: 1\n"}, {"500 items, 500 exceptions", text},
	} {
		file := filepath.Join(work, fmt.Sprintf("%d.yaml", len(subjects)))
		if err := os.WriteFile(file, []byte(p.text), 0o600); err != nil {
			return err
		}
		subjects = append(subjects, &subject{
			name: "check, " + p.name, args: []string{modgov, "--root", root, "--policy", file, "check", "-A", "exception-unused"},
		})
	}
	env := environ(work, filepath.Join(filepath.Dir(filepath.Dir(root)), "proxy"))
	if err := runAll(subjects, env, runs); err != nil {
		return err
	}
	var more []time.Duration
	for i, took := range subjects[0].took {
		more = append(more, subjects[1].took[i]-took)
	}
	slices.Sort(more)
	fmt.Printf("%s: medians of %d interleaved runs\n", tree, runs)
	printFigures(subjects)
	fmt.Printf("  %-48s %8.1f ms\n", "the large policy adds", milliseconds(more[len(more)/2]))
	return nil
}

// largePolicy makes the policy, of the dependencies and directories of a tree.
func largePolicy(root string) (string, error) {
	deps, dirs, err := contents(root)
	if err != nil {
		return "", err
	}
	dep := func(i int) string { return deps[i%len(deps)] }
	dir := func(i int) string { return dirs[i%len(dirs)] }
	var b strings.Builder
	b.WriteString("version: 1\nmodules: {tags: {all: \"**\"}}\nowners: {teams: {pay: {modules: modules/m*}}}\n" +
		"versions:\n  - {id: all, dep: \"**\", agree: same, severity: warn}\n")
	for i := range 150 {
		_, suffix, _ := module.SplitPathVersion(dep(5*i + 1))
		major := module.PathMajorPrefix(suffix)
		if major == "" {
			major = "v0"
		}
		fmt.Fprintf(&b, "  - {id: v%d, dep: %s, agree: same-minor, in: [\"tag:all\", \"modules/**\"]}\n", i, dep(3*i))
		fmt.Fprintf(&b, "  - {id: f%d, dep: \"%s\", in: modules/m*, at-least: %s.0.1}\n", i, dep(5*i+1), major)
	}
	b.WriteString("pins:\n")
	for i := range 100 {
		fmt.Fprintf(&b, "  - {id: p%d, dep: \"example.com/absent%[1]d/**\", version: v1.%[1]d.0, in: \"!team:pay\"}\n", i)
	}
	b.WriteString("bans:\n")
	for i := range 50 {
		fmt.Fprintf(&b, "  - {id: b%d, dep: \"example.com/banned%[1]d/**@<1.1\", use_instead: example.com/good%[1]d}\n", i)
	}
	b.WriteString("boundaries:\n")
	for i := range 50 {
		fmt.Fprintf(&b, "  - {id: w%d, from: %s, deny: [\"example.com/outside%[1]d/**\", \"module:none%[1]d\"]}\n", i, dir(i))
	}
	b.WriteString("exceptions:\n")
	for i := range 250 {
		fmt.Fprintf(&b, "  - {id: E%d, rule: workspace-drift, dep: \"%s@<1.30\", modules: %s, created: 2026-06-01,"+
			" expires: 2099-01-01, owner: pay, reason: \"because of %[1]d\"}\n", i, dep(i), dir(i))
		fmt.Fprintf(&b, "  - {id: F%d, rule: version-skew, dep: \"%s\", modules: [\"modules/**\", \"team:pay\"]}\n", i, dep(i))
	}
	return b.String(), nil
}

// contents returns what the modules of a tree require, by path, and their directories, sorted.
func contents(root string) (deps, dirs []string, err error) {
	paths, err := moduleDirs(root)
	if err != nil {
		return nil, nil, err
	}
	required := map[string]bool{}
	for _, dir := range paths {
		name := filepath.Join(dir, "go.mod")
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		file, err := modfile.ParseLax(name, data, nil)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range file.Require {
			required[r.Mod.Path] = true
		}
		rel, err := filepath.Rel(root, dir)
		if err != nil {
			return nil, nil, err
		}
		dirs = append(dirs, filepath.ToSlash(rel))
	}
	slices.Sort(dirs)
	return slices.Sorted(maps.Keys(required)), dirs, nil
}
