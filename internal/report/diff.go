package report

import (
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Diff returns the difference between two states of a file in the form of "git diff", which "git apply" takes: names
// begin with a/ and b/, a nil before is a new file, a nil after a removed one. It is "" if the states are equal. The
// text has the bytes of the file; see [Printable] for showing it on a terminal.
func Diff(name string, before, after []byte) (string, error) {
	if string(before) == string(after) && (before == nil) == (after == nil) {
		return "", nil
	}
	from, to := gitName("a/"+name), gitName("b/"+name)
	head := fmt.Sprintf("diff --git %s %s\n", from, to)
	switch {
	case before == nil:
		head += "new file mode 100644\n"
		from = "/dev/null"
	case after == nil:
		head += "deleted file mode 100644\n"
		to = "/dev/null"
	}
	edits := udiff.Lines(string(before), string(after))
	unified, err := udiff.ToUnified("a", "b", string(before), edits, udiff.DefaultContextLines)
	if err != nil {
		return "", fmt.Errorf("compare states of %s: %w", name, err)
	}
	_, hunks, found := strings.Cut(unified, "\n+++ b\n")
	if !found { // one of the two is empty, the other is no file: there is no line to show
		return head, nil
	}
	return head + "--- " + tabbed(from) + "\n+++ " + tabbed(to) + "\n" + hunks, nil
}

// gitName writes a file name as git does in diffs: in quotes if it has characters that could be taken for something
// else.
func gitName(name string) string {
	var b strings.Builder
	quoted := false
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
			quoted = true
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
			quoted = true
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return `"` + b.String() + `"`
	}
	return name
}

// tabbed ends a name with a tab if it has a space, so that git knows where it ends.
func tabbed(name string) string {
	if strings.Contains(name, " ") && !strings.HasPrefix(name, `"`) {
		return name + "\t"
	}
	return name
}
