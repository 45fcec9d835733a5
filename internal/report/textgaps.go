package report

import "github.com/modgov/modgov/internal/policy"

// gaps shows what could not be found out, each with the chain that needs it.
func (t *text) gaps() {
	t.keys = narrowKeys
	for _, same := range sameGaps(t.r.Gaps) {
		g := same[0]
		t.blank()
		t.heading("incomplete", g.Layer, gapSubject(same), g.Message, warnStyle)
		if modules := gapModules(same); len(modules) > 1 {
			t.rows([]row{{"modules", t.list(modules, t.beside("modules"), t.o.Verbose)}})
		}
		if g.Chain != nil {
			t.rows([]row{{"why", t.chain(g.Chain, "why")}})
		}
		if g.Way != "" {
			t.rows([]row{{"way out", t.foldWords(g.Way, t.beside("way out"))}})
		}
	}
}

// sameGaps puts gaps together that say the same of several modules, in the order of the first of each: one file that no
// proxy has may be missing everywhere.
func sameGaps(gaps []Gap) [][]*Gap {
	var out [][]*Gap
	at := map[[3]string]int{}
	for i := range gaps {
		g := &gaps[i]
		key := [3]string{g.Layer, g.Message, g.Way}
		j, known := at[key]
		if !known {
			j = len(out)
			at[key], out = j, append(out, nil)
		}
		out[j] = append(out[j], g)
	}
	return out
}

// gapSubject names what gaps are about: a module, the workspace, or how many of them.
func gapSubject(gaps []*Gap) string {
	modules := gapModules(gaps)
	switch n := len(modules); {
	case len(gaps) == 1:
		return moduleName(gaps[0].Module)
	case n == 1:
		return modules[0] + " and the workspace"
	case n < len(gaps):
		return policy.Count(n, "module") + " and the workspace"
	default:
		return policy.Count(n, "module")
	}
}

// gapModules are the directories of the modules that gaps are about.
func gapModules(gaps []*Gap) []string {
	var out []string
	for _, g := range gaps {
		if g.Module != "" {
			out = append(out, g.Module)
		}
	}
	return out
}

// firstGap is the first reason why a verdict is not complete, and how many more there are.
func (t *text) firstGap() string {
	if len(t.r.Gaps) == 0 {
		return ""
	}
	g := t.r.Gaps[0]
	text := moduleName(g.Module) + ": " + g.Message
	if n := len(t.r.Gaps) - 1; n > 0 {
		text += "; and " + policy.Count(n, "more gap")
	}
	return text
}

func moduleName(dir string) string {
	if dir == "" {
		return "workspace"
	}
	return dir
}
