package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/policy"
)

// A Part is a document to be joined with others, and the name of its file for messages.
type Part struct {
	Name string
	Data []byte
}

// Merge joins the documents of several machines to one: of "check", each of some modules, or of "run", each of some
// modules or of a shard. Exactly one of both results is set. What they say of the whole has to be the same in all: the
// base, the policy, the command. Of findings that are the same one is kept; a module that was run twice is an error.
// The verdict is the worst, and a shard that is missing, or a module that no part has run or judged, makes it
// incomplete. Parts are taken in the order of their names, whatever order they come in.
func Merge(parts []Part) (*Report, *Run, error) {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	kinds := make([]string, len(parts))
	for i, p := range parts {
		var err error
		if kinds[i], err = p.kind(); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if kinds[i] != kinds[0] {
			return nil, nil, fmt.Errorf("%s is a document of %s, and %s one of %s: they cannot be joined",
				parts[0].Name, kinds[0], p.Name, kinds[i])
		}
	}
	if kinds[0] == "run" {
		run, err := mergeRuns(parts)
		return nil, run, err
	}
	r, err := mergeChecks(parts)
	return r, nil, err
}

// kind looks at what every document has.
func (p *Part) kind() (string, error) {
	var head struct{ Schema, Document string }
	if err := json.Unmarshal(p.Data, &head); err != nil {
		return "", fmt.Errorf("it is no document of modgov: %w", err)
	}
	switch {
	case head.Schema == "" || head.Document == "":
		return "", errors.New("it is no document of modgov: the keys schema and document are missing")
	case head.Schema != Schema:
		return "", fmt.Errorf("its schema version is %q, this modgov reads %q", head.Schema, Schema)
	case head.Document != "check" && head.Document != "run":
		return "", fmt.Errorf("it is a document of %s: those of check and run can be joined", head.Document)
	}
	return head.Document, nil
}

// same returns an error if two parts say something else of the whole.
func same(what string, one, other Part, a, b any) error {
	if reflect.DeepEqual(a, b) {
		return nil
	}
	return fmt.Errorf("%s and %s differ in %s: they are not parts of one whole", one.Name, other.Name, what)
}

// decodeRun reads a document that WriteRun wrote as JSON.
func decodeRun(r io.Reader) (*Run, error) {
	var out Run
	if err := json.NewDecoder(r).Decode(&out); err != nil {
		return nil, fmt.Errorf("read run: %w", err)
	}
	if s := out.Shard; s != nil && (s.Count < 1 || s.Index < 1 || s.Index > s.Count) {
		return nil, fmt.Errorf("read run: there is no shard %d of %d", s.Index, s.Count)
	}
	return &out, checkVerdict(out.Verdict)
}

// checkVerdict refuses what is no verdict: nothing may pass for want of one.
func checkVerdict(v string) error {
	if slices.Contains([]policy.Verdict{policy.Pass, policy.Fail, policy.Incomplete}, policy.Verdict(v)) {
		return nil
	}
	return fmt.Errorf("%q is no verdict", v)
}

func mergeRuns(parts []Part) (*Run, error) {
	runs := make([]*Run, len(parts))
	for i, p := range parts {
		var err error
		if runs[i], err = decodeRun(bytes.NewReader(p.Data)); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if err := sameRun(parts[0], p, runs[0], runs[i]); err != nil {
			return nil, err
		}
	}
	out := *runs[0]
	out.Shard, out.Modules, out.Gaps, out.Notes, out.Seconds = nil, []RunModule{}, []Gap{}, nil, 0
	from := map[string]string{} // module → file
	for i, r := range runs {
		for _, m := range r.Modules {
			if before, twice := from[m.Dir]; twice {
				return nil, fmt.Errorf("module %s is in %s and in %s", m.Dir, before, parts[i].Name)
			}
			from[m.Dir] = parts[i].Name
		}
		out.Modules = append(out.Modules, r.Modules...)
		out.Seconds = max(out.Seconds, r.Seconds)
		out.Gaps = addNew(out.Gaps, r.Gaps)
		out.Notes = addNew(out.Notes, r.Notes)
		if r.Tool != out.Tool {
			out.Notes = addNew(out.Notes, []string{fmt.Sprintf("made by modgov %s and %s", out.Tool.Version, r.Tool.Version)})
		}
		if r.Shard == nil {
			out.Selected = addNew(out.Selected, r.Selected) // each was asked for other modules
		}
	}
	slices.Sort(out.Selected)
	slices.SortFunc(out.Modules, func(a, b RunModule) int { return strings.Compare(a.Dir, b.Dir) })
	out.Gaps = append(out.Gaps, missingShards(runs)...)
	for _, dir := range out.Selected {
		if from[dir] == "" {
			out.Gaps = append(out.Gaps, Gap{Module: dir, Message: "none of the parts ran it"})
		}
	}
	out.Settle()
	return &out, nil
}

// sameRun compares what two parts say of the whole.
func sameRun(one, other Part, a, b *Run) error {
	count := func(r *Run) int {
		if r.Shard == nil {
			return 0
		}
		return r.Shard.Count
	}
	err := errors.Join(
		same("the command", one, other, a.Command, b.Command), same("the base", one, other, a.Base, b.Base),
		same("the number of shards", one, other, count(a), count(b)))
	if err == nil && a.Shard != nil {
		err = same("the modules that all shards together run", one, other, a.Selected, b.Selected)
	}
	return err
}

// missingShards are the shards of which there is no part.
func missingShards(runs []*Run) []Gap {
	if runs[0].Shard == nil {
		return nil
	}
	there := map[int]bool{}
	for _, r := range runs {
		there[r.Shard.Index] = true
	}
	var out []Gap
	for i := 1; i <= runs[0].Shard.Count && len(out) < maxMissingShards; i++ {
		if !there[i] {
			out = append(out, Gap{Message: fmt.Sprintf("shard %d of %d is missing", i, runs[0].Shard.Count)})
		}
	}
	return out
}

// maxMissingShards is how many missing shards are named.
const maxMissingShards = 100

// addNew adds what a list does not have yet.
func addNew[T any](list, more []T) []T {
	for _, x := range more {
		if !slices.ContainsFunc(list, func(y T) bool { return reflect.DeepEqual(x, y) }) {
			list = append(list, x)
		}
	}
	return list
}

func mergeChecks(parts []Part) (*Report, error) {
	reports := make([]*Report, len(parts))
	for i, p := range parts {
		var err error
		if reports[i], err = decode(bytes.NewReader(p.Data)); err == nil {
			err = checkVerdict(reports[i].Verdict)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if err := sameCheck(parts[0], p, reports[0], reports[i]); err != nil {
			return nil, err
		}
	}
	out := *reports[0]
	out.Versions = nil
	out.Findings, out.Fixed, out.Gaps, out.NotEvaluated, out.Notes = []Finding{}, nil, []Gap{}, []NotEvaluated{}, nil
	out.Layers = slices.Clone(out.Layers)
	for i, r := range reports {
		var err error
		if out.Findings, err = addFindings(out.Findings, r.Findings, parts[i]); err != nil {
			return nil, err
		}
		if out.Fixed, err = addFindings(out.Fixed, r.Fixed, parts[i]); err != nil {
			return nil, err
		}
		out.Gaps, out.Versions = addNew(out.Gaps, r.Gaps), addNew(out.Versions, r.Versions)
		out.NotEvaluated, out.Notes = addNew(out.NotEvaluated, r.NotEvaluated), addNew(out.Notes, r.Notes)
		out.Complete = out.Complete && r.Complete
		out.Verdict = worseVerdict(out.Verdict, r.Verdict)
		out.Layers = worseLayers(out.Layers, r.Layers)
		if r.Tool != out.Tool {
			out.Notes = addNew(out.Notes, []string{fmt.Sprintf("made by modgov %s and %s", out.Tool.Version, r.Tool.Version)})
		}
	}
	out.coverModules(reports)
	slices.SortStableFunc(out.Findings, compareFindings)
	slices.SortStableFunc(out.Fixed, compareFindings)
	slices.SortStableFunc(out.NotEvaluated, func(a, b NotEvaluated) int { return a.Line - b.Line })
	out.Summary = out.summarize()
	return &out, nil
}

// coverModules settles which modules the parts judged together. One that none of them judged is a gap.
func (r *Report) coverModules(parts []*Report) {
	judged := map[string]bool{}
	r.Selected = nil
	for _, part := range parts {
		if part.Selected == nil {
			return // it judged all
		}
		for _, dir := range part.Selected {
			judged[dir] = true
		}
	}
	left := false
	for _, m := range r.Modules {
		if m.Governed && !judged[m.Dir] {
			r.Gaps = append(r.Gaps, Gap{Layer: string(policy.LayerDeclared), Module: m.Dir, Message: "none of the parts judged it"})
			left = true
		}
	}
	if left {
		r.Selected = slices.Sorted(maps.Keys(judged))
		r.Complete, r.Verdict = false, worseVerdict(r.Verdict, string(policy.Incomplete))
	}
}

// sameCheck compares what two parts say of the whole.
func sameCheck(one, other Part, a, b *Report) error {
	return errors.Join(
		same("the threshold", one, other, a.Threshold, b.Threshold), same("the base", one, other, a.Base, b.Base),
		same("the policy file", one, other, a.Policy, b.Policy), same("the go.work file", one, other, a.Workspace, b.Workspace),
		same("the modules of the repository", one, other, a.Modules, b.Modules),
		same("the severities that were asked for", one, other, a.Overrides, b.Overrides))
}

// addFindings adds findings that are not there yet; the same one with other facts is an error.
func addFindings(list, more []Finding, from Part) ([]Finding, error) {
	for _, f := range more {
		i := slices.IndexFunc(list, func(g Finding) bool { return g.ID == f.ID && slices.Equal(g.Modules, f.Modules) })
		switch {
		case i < 0:
			list = append(list, f)
		case !reflect.DeepEqual(list[i], f):
			return nil, fmt.Errorf("%s has %s of %s otherwise than the files before it: they are not parts of one whole",
				from.Name, f.Rule, f.Subject)
		}
	}
	return list, nil
}

// compareFindings sorts the gravest first, then by rule, subject, dependency and what else tells them apart.
func compareFindings(a, b Finding) int {
	severities := []string{"error", "warn", "info"}
	return cmp.Or(
		cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)), cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Dep, b.Dep), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Message, b.Message),
		slices.Compare(a.Modules, b.Modules))
}

func worseVerdict(a, b string) string {
	order := []string{string(policy.Pass), string(policy.Incomplete), string(policy.Fail)}
	if slices.Index(order, a) < slices.Index(order, b) {
		return b
	}
	return a
}

// worseLayers takes of each layer the worse state.
func worseLayers(list, more []Layer) []Layer {
	order := []string{policy.Checked, policy.NotAsked, policy.Failed}
	for _, l := range more {
		i := slices.IndexFunc(list, func(k Layer) bool { return k.Layer == l.Layer })
		switch {
		case i < 0:
			list = append(list, l)
		case slices.Index(order, list[i].State) < slices.Index(order, l.State):
			list[i].State = l.State
		}
	}
	return list
}
