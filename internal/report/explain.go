package report

import (
	"io"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/modgov/modgov/internal/policy"
)

// pagesURL is where the pages of the rules stand.
const pagesURL = "https://github.com/modgov/modgov/blob/main/docs/rules/"

// WriteRule explains a rule: what it reports, why that matters, how it is cleared, with an example of what it reports
// and one of what it does not.
func WriteRule(w io.Writer, r *policy.Rule, o Options) error {
	p := newPage(o)
	p.line(piece{r.Name, severityStyle(r.Severity.String())}, piece{text: ": " + r.Title})
	p.text("%s by default; needs the layer %s; since %s", r.Severity, r.Layer, r.Since)
	p.blank()
	p.markdown(r.Doc)
	for _, example := range []struct{ title, archive string }{{"Reported", r.Bad}, {"Not reported", r.Good}} {
		p.blank()
		p.example(example.title, example.archive)
	}
	p.blank()
	p.text("%s%s.md", pagesURL, r.Name)
	return p.writeTo(w)
}

// WriteRules lists rules: name, severity, title.
func WriteRules(w io.Writer, rules []*policy.Rule, o Options) error {
	p := newPage(o)
	var rows [][]string
	for _, r := range rules {
		rows = append(rows, []string{r.Name, r.Severity.String(), r.Title})
	}
	p.table("", rows)
	return p.writeTo(w)
}

// example shows a small repository: what it is about, then its files.
func (p *page) example(title, archive string) {
	a := txtar.Parse([]byte(archive))
	about := strings.Join(strings.Fields(string(a.Comment)), " ")
	if about == "" {
		p.text("%s:", title)
	} else {
		p.prose(title+": ", "  ", about)
	}
	for _, f := range a.Files {
		p.text("  -- %s --", f.Name)
		for line := range strings.Lines(string(f.Data)) {
			p.text("  %s", strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "    "))
		}
	}
}

// markdown shows the Markdown of our own rules: paragraphs are folded, items of lists are set in, code stays as it is.
func (p *page) markdown(s string) {
	code := false
	var paragraph []string
	flush := func() {
		if len(paragraph) == 0 {
			return
		}
		text := strings.Join(paragraph, " ")
		paragraph = nil
		if item, ok := strings.CutPrefix(text, "- "); ok {
			p.prose("- ", "  ", item)
			return
		}
		p.prose("", "", text)
	}
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		fence := strings.HasPrefix(line, "```")
		switch {
		case fence || code || strings.HasPrefix(line, "    "):
			flush()
			code = code != fence
			if !fence {
				p.text("%s", strings.ReplaceAll(line, "\t", "    "))
			}
		case strings.TrimSpace(line) == "":
			flush()
			p.blank()
		case strings.HasPrefix(line, "- "):
			flush()
			paragraph = append(paragraph, line)
		default:
			paragraph = append(paragraph, strings.TrimSpace(line))
		}
	}
	flush()
}
