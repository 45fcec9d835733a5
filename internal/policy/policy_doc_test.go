package policy

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestPolicyDoc holds docs/policy.md against the types: a table for each section, a row for each key, with its words,
// its effect and whether it is required; no key that does not exist.
func TestPolicyDoc(t *testing.T) {
	t.Parallel()
	rows := docRows(t)
	check := func(title string, typ reflect.Type, skip map[string]bool) {
		documented := rows[title]
		if documented == nil {
			t.Errorf("docs/policy.md has no table for %q", title)
		}
		for _, f := range fieldsOf(typ) {
			row, ok := documented[f.key]
			delete(documented, f.key)
			switch {
			case skip[f.key]:
			case !ok:
				t.Errorf("%s: no row for %q", title, f.key)
			case strings.Contains(row, "**required**") != f.required:
				t.Errorf("%s: %s: required is %v", title, f.key, f.required)
			case strings.Contains(row, "| later |") != (f.later || isLater(title)):
				t.Errorf("%s: %s: what is said of its effect is not true", title, f.key)
			}
			for _, w := range wordsOf(typ.FieldByIndex(f.index).Type) {
				if !skip[f.key] && !strings.Contains(row, "`"+w+"`") {
					t.Errorf("%s: %s: the word %q is not there", title, f.key, w)
				}
			}
		}
		for key := range documented {
			t.Errorf("%s: there is no key %q", title, key)
		}
	}
	item := map[string]bool{}
	for _, f := range fieldsOf(reflect.TypeFor[Item]()) {
		item[f.key] = true
	}
	check("Every item", reflect.TypeFor[Item](), nil)
	check("The file", reflect.TypeFor[Policy](), nil)
	for title, typ := range sectionTypes(reflect.TypeFor[Policy](), "") {
		check(title, typ, item)
	}
}

// sectionTypes returns the struct types that a type is decoded into, by the names of the keys that lead to them.
func sectionTypes(t reflect.Type, prefix string) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for _, f := range fieldsOf(t) {
		typ := t.FieldByIndex(f.index).Type
		if typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if table, ok := reflect.New(typ).Interface().(tableValue); ok {
			typ = reflect.TypeOf(table.entry("x")).Elem()
		}
		_, placed := reflect.New(typ).Interface().(placed)
		if typ.Kind() != reflect.Struct || !placed {
			continue
		}
		name := prefix + f.key
		all["`"+name+"`"] = typ
		for k, v := range sectionTypes(typ, name+".") {
			all[k] = v
		}
	}
	return all
}

// isLater says whether all of a section has no effect yet, or the section that it is in.
func isLater(title string) bool {
	top, _, _ := strings.Cut(strings.Trim(title, "`"), ".")
	for _, f := range fieldsOf(reflect.TypeFor[Policy]()) {
		if f.key == top && f.later {
			return true
		}
	}
	return false
}

func wordsOf(t reflect.Type) []string {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if w, ok := reflect.Zero(t).Interface().(wordValue); ok {
		return w.words()
	}
	return nil
}

// docRows returns the rows of the tables of docs/policy.md, by heading and key.
func docRows(t *testing.T) map[string]map[string]string {
	t.Helper()
	rows, title := map[string]map[string]string{}, ""
	for line := range strings.SplitSeq(policyDoc(t), "\n") {
		if heading := strings.TrimLeft(line, "#"); heading != line {
			title = strings.TrimSpace(heading)
		}
		cells := strings.Split(line, " | ")
		if key, ok := strings.CutPrefix(cells[0], "| `"); ok && len(cells) == 5 {
			if rows[title] == nil {
				rows[title] = map[string]string{}
			}
			rows[title][strings.TrimSuffix(key, "`")] = line
		}
	}
	return rows
}

func policyDoc(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestSchemaAddress holds what init writes to what docs/policy.md tells people to write.
func TestSchemaAddress(t *testing.T) {
	if !strings.Contains(policyDoc(t), "# yaml-language-server: $schema="+schemaAddress+"\n") {
		t.Errorf("docs/policy.md does not have the address %s", schemaAddress)
	}
}

// docExamples returns the examples of docs/policy.md, as whole files.
func docExamples(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(policyDoc(t), -1) {
		text := m[1]
		if !strings.Contains(text, "version: 1\n") {
			text = "version: 1\n" + text
		}
		out = append(out, text)
	}
	return out
}

// TestPolicyDocExamples loads the examples of docs/policy.md; every section has one.
func TestPolicyDocExamples(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for i, text := range docExamples(t) {
		p, err := Parse(fmt.Sprintf("example-%d.yaml", i+1), []byte(text))
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		for _, f := range fieldsOf(reflect.TypeFor[Policy]()) {
			if p.Has(f.key) {
				shown[f.key] = true
			}
		}
	}
	for _, f := range fieldsOf(reflect.TypeFor[Policy]()) {
		if !shown[f.key] {
			t.Errorf("no example has %q", f.key)
		}
	}
}

// TestFieldTypes: every tagged field is of a type that the decoder knows, and every struct knows its place.
func TestFieldTypes(t *testing.T) {
	t.Parallel()
	types := sectionTypes(reflect.TypeFor[Policy](), "")
	types["the file"] = reflect.TypeFor[Policy]()
	for title, typ := range types {
		for _, f := range fieldsOf(typ) {
			ft := typ.FieldByIndex(f.index).Type
			if ft.Kind() == reflect.Pointer || ft.Kind() == reflect.Slice {
				ft = ft.Elem()
			}
			v := reflect.New(ft).Interface()
			_, text := v.(textValue)
			_, list := v.(listValue)
			_, table := v.(tableValue)
			_, place := v.(placed)
			if !text && !list && !table && !place && ft.Kind() != reflect.String && ft.Kind() != reflect.Bool {
				t.Errorf("%s: %s is a %v, which nothing decodes", title, f.key, ft)
			}
		}
	}
}
