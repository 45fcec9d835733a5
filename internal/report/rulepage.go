package report

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/modgov/modgov/internal/policy"
)

// ruleText is the page of a rule without what leads on from it.
func ruleText(r *policy.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s.\n\n", r.Name, strings.TrimSuffix(r.Title, "."))
	b.WriteString("| default severity | layer | since |\n|---|---|---|\n")
	fmt.Fprintf(&b, "| %s | %s | %s |\n\n", r.Severity, r.Layer, r.Since)
	b.WriteString(strings.TrimSpace(r.Doc))
	b.WriteString("\n")
	if r.Unwaivable {
		b.WriteString("\nNo exception can waive it.\n")
	}
	pageExample(&b, "Reported", r.Bad)
	pageExample(&b, "Not reported", r.Good)
	return b.String()
}

// pageExample writes a small repository. The fence is longer than any that stands in a file.
func pageExample(b *strings.Builder, title, archive string) {
	a := txtar.Parse([]byte(archive))
	fmt.Fprintf(b, "\n## %s\n\n", title)
	if about := strings.TrimSpace(string(a.Comment)); about != "" {
		fmt.Fprintf(b, "%s\n\n", about)
	}
	a.Comment = nil
	fence := "```"
	for strings.Contains(archive, fence) {
		fence += "`"
	}
	fmt.Fprintf(b, "%s\n%s%s\n", fence, txtar.Format(a), fence)
}
