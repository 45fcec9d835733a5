package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/release"
)

// How much of something a cell, a list or a section of the release report shows, unless all is asked for.
const (
	maxReleaseNames = 8   // modules in a cell
	maxWaveNames    = 40  // modules of a wave for which the same has to be done
	maxReleaseRows  = 100 // dependencies that differ
	maxMatrix       = 6   // modules for which differences are shown as a matrix
)

// writeReleaseMarkdown writes the report for the person who coordinates a release: first the order with what has to be
// done, then the same by team, then what stands behind it.
func writeReleaseMarkdown(w io.Writer, r *Release, o Options) error {
	m := &releaseMarkdown{r: r, names: maxReleaseNames, rows: maxReleaseRows}
	if o.Verbose {
		m.names, m.rows = math.MaxInt, math.MaxInt
	}
	m.head()
	if !o.Quiet {
		for _, section := range []func(){m.gaps, m.order, m.teams, m.cycles, m.differences, m.exceptions} {
			section()
		}
		m.foot()
	}
	_, err := io.WriteString(w, m.b.String())
	return err
}

type releaseMarkdown struct {
	r *Release
	mdPage
	names, rows int // that are shown
}

// list shows names, the first few of them.
func (m *releaseMarkdown) list(names []string) string { return mdNames(names, m.names, ", ") }

// head says how it stands.
func (m *releaseMarkdown) head() {
	s := m.r.Summary
	m.line("# Release report: %s", mdCode(path.Base(filepath.ToSlash(m.r.Root))))
	m.line("")
	var states []string
	for _, state := range []struct {
		n    int
		word string
	}{{s.Blocked, "blocked"}, {s.Unknown, "unknown"}, {s.Waits, "waiting for others"}, {s.Ready, "ready"}} {
		if state.n > 0 {
			states = append(states, fmt.Sprintf("%d %s", state.n, state.word))
		}
	}
	waves := 0
	for i := range m.r.Waves {
		if len(m.wave(i+1)) > 0 {
			waves++
		}
	}
	m.line("**%s in %s: %s.**", policy.Count(s.Modules, "module"), policy.Count(waves, "wave"),
		cmp.Or(strings.Join(states, ", "), "nothing to release"))
	var more []string
	if s.Errors > 0 {
		more = append(more, policy.Count(s.Errors, "error")+" of `modgov check`")
	}
	if n := len(m.r.Cycles); n > 0 {
		more = append(more, policy.Count(n, "cycle"))
	}
	if n := len(m.r.Differences); n > 0 {
		more = append(more, policy.Count(n, "dependency")+" at several versions")
	}
	if n := m.expired(); n > 0 {
		more = append(more, policy.Count(n, "exception")+" that expired")
	}
	if len(more) > 0 {
		m.line("Besides: %s.", strings.Join(more, ", "))
	}
	if !m.r.Complete {
		m.line("**Incomplete**: %s could not be found out.", policy.Count(len(m.r.Gaps), "thing"))
	}
	if !m.r.PublishedKnown {
		m.line("")
		m.line("The policy does not say which modules others import or install (`modules.published`): all are taken for such.")
	}
}

func (m *releaseMarkdown) expired() int {
	n := 0
	for _, x := range m.r.Exceptions {
		if x.State == string(policy.ExceptionExpired) {
			n++
		}
	}
	return n
}

func (m *releaseMarkdown) gaps() {
	if len(m.r.Gaps) == 0 {
		return
	}
	m.line("\n## What could not be found out\n")
	for _, g := range m.r.Gaps {
		text := mdCode(clipped(moduleName(g.Module))) + ": " + mdText(clipped(g.Message))
		if g.Way != "" {
			text += "; " + mdText(clipped(g.Way))
		}
		m.line("- %s", text)
	}
}

// order is what has to be done, wave by wave.
func (m *releaseMarkdown) order() {
	m.line("\n## Who does what, in which order\n")
	m.line("The modules of a wave need nothing of each other; each wave comes after those above it. **Blocked**: something has")
	m.line("to be done in the module now. **Waits**: others have to be released or mended first, then it is its turn.")
	if len(m.r.Blockers) > 0 {
		m.line("\n### Before everything\n")
		for i := range m.r.Blockers {
			m.line("- [ ] %s%s", m.r.Blockers[i].advice(nil, m.list), places(m.r.Blockers[i].At))
		}
	}
	for i := range m.r.Waves {
		groups := alike(m.wave(i + 1))
		if len(groups) > 0 {
			m.line("\n### Wave %d\n", i+1)
		}
		for _, group := range groups {
			m.group(group)
		}
	}
}

func (m *releaseMarkdown) wave(n int) []*ReleaseModule {
	var out []*ReleaseModule
	for i := range m.r.Modules {
		if x := &m.r.Modules[i]; x.Wave == n {
			out = append(out, x)
		}
	}
	return out
}

// alike groups modules by what has to be done, and by whom: the gravest states first.
func alike(modules []*ReleaseModule) [][]*ReleaseModule {
	groups := map[string][]*ReleaseModule{}
	var keys []string
	for _, state := range []release.State{release.Blocked, release.Unknown, release.Waits, release.Ready} {
		for _, x := range modules {
			if x.State != string(state) {
				continue
			}
			key := x.State + strings.Join(x.Teams, ",")
			for _, b := range x.Blockers {
				key += "\n" + b.Kind + b.Message
			}
			if groups[key] == nil {
				keys = append(keys, key)
			}
			groups[key] = append(groups[key], x)
		}
	}
	var out [][]*ReleaseModule
	for _, key := range keys {
		out = append(out, groups[key])
	}
	return out
}

// group shows modules for which the same has to be done.
func (m *releaseMarkdown) group(group []*ReleaseModule) {
	first := group[0]
	var dirs, later []string
	for _, x := range group {
		dirs = append(dirs, x.Dir)
		later = append(later, x.Later...)
	}
	slices.Sort(later)
	later = slices.Compact(later)
	names := mdNames(dirs, max(m.names, maxWaveNames), ", ")
	text := "**" + first.State + "** " + names
	if len(first.Teams) > 0 {
		text += ", team " + m.list(first.Teams)
	}
	if len(later) > 0 && first.State != string(release.Ready) {
		text += "; holds up " + m.list(later)
	}
	m.line("- %s", text)
	for i := range first.Blockers {
		b := &first.Blockers[i]
		text := b.advice(first.Needs, m.list)
		if len(group) == 1 { // else the places differ
			text += places(b.At)
		}
		m.line("  - [ ] %s", text)
	}
}

// places names the first places of a blocker, and what stands at those after the first.
func places(at []Span) string {
	const most = 2
	var out []string
	for i, s := range at {
		if i == most && len(at) > most {
			out = append(out, countMore(len(at)-i))
			break
		}
		text := mdCode(lineOfFile(s.Position))
		if i > 0 && s.Label != "" {
			text = mdText(clipped(s.Label)) + ": " + text
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}

// teams are the modules by team.
func (m *releaseMarkdown) teams() {
	m.line("\n## Modules by team")
	byDir := map[string]*ReleaseModule{}
	for i := range m.r.Modules {
		byDir[m.r.Modules[i].Dir] = &m.r.Modules[i]
	}
	for _, t := range m.r.Teams {
		title := "No team"
		if t.Team != "" {
			title = "Team " + mdCode(t.Team)
		}
		if t.Contact != "" {
			title += ", " + mdCode(t.Contact)
		}
		if t.Todo > 0 {
			title += fmt.Sprintf(": %d to do now", t.Todo)
		}
		m.line("\n### %s\n", title)
		if t.Team == "" {
			m.line("`owners` in the policy, or CODEOWNERS with `codeowners: true`, says who does it.\n")
		}
		m.line("| module | wave | state | to do now | comes after | comes before |")
		m.line("|---|--:|---|--:|---|---|")
		for _, dir := range t.Modules {
			x := byDir[dir]
			state := x.State
			if m.r.PublishedKnown && !x.Published {
				state += ", not published"
			}
			var needs []string
			for _, n := range x.Needs {
				needs = append(needs, n.Dir)
			}
			m.line("%s", mdRow(mdCode(dir), strconv.Itoa(x.Wave), state, todo(x), m.list(needs), m.list(x.NeededBy)))
		}
	}
}

// todo counts what can be done now.
func todo(x *ReleaseModule) string {
	n := 0
	for _, b := range x.Blockers {
		if b.now() {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (m *releaseMarkdown) cycles() {
	if len(m.r.Cycles) == 0 {
		return
	}
	m.line("\n## Cycles\n")
	m.line("These need each other, so no order suits them: whichever is released first requires a version of another that is not")
	m.line("there yet. They have to be released together; `modgov explain cycle` says how to open a ring.\n")
	for _, c := range m.r.Cycles {
		ring := append(slices.Clone(c.Ring), c.Ring[0])
		for i := range ring {
			ring[i] = mdCode(ring[i])
		}
		text := strings.Join(ring, " → ")
		if len(c.Ring) < len(c.Modules) {
			text += "; in rings with each other: " + m.list(c.Modules)
		}
		m.line("- %s", text)
	}
}

func (m *releaseMarkdown) exceptions() {
	if len(m.r.Exceptions) == 0 {
		return
	}
	m.line("\n## Exceptions, by their last day\n")
	m.line("| until | exception | state | owner | for | waives | reason |")
	m.line("|---|---|---|---|---|---|---|")
	for i := range m.r.Exceptions {
		x := &m.r.Exceptions[i]
		until := strings.TrimPrefix(x.until(), "until ")
		state := x.State
		if state != string(policy.ExceptionActive) {
			state = "**" + state + "**"
		}
		m.line("%s", mdRow(until, mdCode(x.ID), state, m.list(x.Owners), mdText(x.scope()), mdText(x.effect()),
			mdText(clipped(x.Reason))))
	}
}

func (m *releaseMarkdown) foot() {
	m.line("\nNot looked at: tags, and what has changed since the last release.")
}
