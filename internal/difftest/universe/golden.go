package universe

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// Format returns the answer as a case states it, and parseAnswer reads:
//
//	list
//		ex.test/m
//		ex.test/a v1.0.0
//	graph refused: load ex.test/b@v1.0.0
//		go: ex.test/b@v1.0.0: reading ...
//
// "list" is what go list -m -mod=readonly all prints, "updated" what it prints with -mod=mod where the first asks for
// an update of go.mod, "graph" what go mod graph prints. What stands below a refusal is for the reader.
func (a Answer) Format() string {
	var b strings.Builder
	formatPart(&b, "list", a.List, a.ListRefused)
	if a.ListRefused.Is(NeedsUpdate) {
		formatPart(&b, "updated", a.Updated, a.UpdatedRefused)
	}
	formatPart(&b, "graph", a.Graph, a.GraphRefused)
	return b.String()
}

func formatPart(b *strings.Builder, name string, lines []string, refused *Refusal) {
	b.WriteString(name)
	if refused != nil {
		b.WriteString(" refused:")
		for _, k := range refused.Kinds {
			b.WriteString(" " + string(k))
		}
		if refused.Is(Unloadable) || refused.Is(MissingSum) {
			b.WriteString(" " + refused.Module.String())
		}
		lines = strings.Split(strings.TrimSpace(refused.Text), "\n")
	}
	for _, l := range lines {
		b.WriteString("\n\t" + l)
	}
	b.WriteString("\n")
}

// ParseAnswer reads what Format printed.
func ParseAnswer(text string) (Answer, error) {
	var a Answer
	parts := map[string]struct {
		lines   *[]string
		refused **Refusal
	}{
		"list":    {&a.List, &a.ListRefused},
		"updated": {&a.Updated, &a.UpdatedRefused},
		"graph":   {&a.Graph, &a.GraphRefused},
	}
	name, refused := "", (*Refusal)(nil)
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if content, ok := strings.CutPrefix(line, "\t"); ok && name != "" {
			if refused != nil {
				refused.Text += content + "\n"
			} else {
				*parts[name].lines = append(*parts[name].lines, content)
			}
			continue
		}
		word, reason, isRefused := strings.Cut(line, " refused:")
		if _, ok := parts[word]; !ok {
			return a, fmt.Errorf("%q is neither list, updated nor graph", line)
		}
		name, refused = word, nil
		*parts[name].lines = []string{}
		if isRefused {
			refused = parseReason(reason)
			*parts[name].lines, *parts[name].refused = nil, refused
		}
	}
	return a, nil
}

// parseReason reads the kinds of a refusal and the module it names.
func parseReason(text string) *Refusal {
	r := &Refusal{}
	for _, word := range strings.Fields(text) {
		if path, version, ok := strings.Cut(word, "@"); ok {
			r.Module = module.Version{Path: path, Version: version}
		} else {
			r.Kinds = append(r.Kinds, Kind(word))
		}
	}
	return r
}

// EqualTo reports whether two answers have the same lines and refuse for the same reasons.
func (a Answer) EqualTo(b Answer) bool {
	same := func(x, y *Refusal) bool {
		if x == nil || y == nil {
			return x == y
		}
		return slices.Equal(x.Kinds, y.Kinds) && (!x.Is(Unloadable) || x.Module == y.Module)
	}
	return slices.Equal(a.List, b.List) && slices.Equal(a.Updated, b.Updated) && slices.Equal(a.Graph, b.Graph) &&
		same(a.ListRefused, b.ListRefused) && same(a.UpdatedRefused, b.UpdatedRefused) && same(a.GraphRefused, b.GraphRefused)
}
