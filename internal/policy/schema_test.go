package policy

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/modgov/modgov/docs"
)

// TestSchema holds docs/policy.schema.json, which `modgov policy schema` prints, against the types that the file is
// decoded into and the tables of docs/policy.md: go test ./internal/policy -run TestSchema -update writes it.
func TestSchema(t *testing.T) {
	t.Parallel()
	w := schemaWriter{rows: docRows(t)}
	root := w.object(reflect.TypeFor[Policy](), "The file", "")
	root["$schema"] = "http://json-schema.org/draft-07/schema#" // what editors know best
	root["title"] = "modgov.yaml"
	root["description"] = "The policy file of modgov; docs/policy.md explains it."
	data, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, '\n')
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile("../../docs/policy.schema.json", data, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if docs.PolicySchema != string(data) {
		t.Error("docs/policy.schema.json is not up to date: go test ./internal/policy -run TestSchema -update")
	}
	for _, missing := range w.missing {
		t.Errorf("docs/policy.md does not describe %s", missing)
	}
}

// A schemaWriter makes a JSON Schema of the types. All words in it come from docs/policy.md, except those about the
// form of a value.
type schemaWriter struct {
	rows    map[string]map[string]string // of the tables in docs/policy.md, by title and key
	missing []string
}

// object describes a mapping whose keys are those of a struct. Title is that of its table, path leads to it.
func (w *schemaWriter) object(t reflect.Type, title, path string) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fieldsOf(t) {
		row, ok := w.rows[title][f.key]
		if _, common := w.rows["Every item"][f.key]; !ok && common {
			row, ok = w.rows["Every item"][f.key], true
		}
		at := strings.TrimPrefix(path+"."+f.key, ".")
		if !ok {
			w.missing = append(w.missing, at)
			continue
		}
		key := w.value(t.FieldByIndex(f.index).Type, at)
		describe(key, row)
		properties[f.key] = key
		if f.required {
			required = append(required, f.key)
		}
	}
	s := map[string]any{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	if one := needed(t); one != nil {
		maps.Copy(s, one)
	}
	return s
}

// needed says which keys an item needs besides those that are required: what VersionItem.check and Exception.check ask.
func needed(t reflect.Type) map[string]any {
	with := func(keys ...string) []any {
		var out []any
		for _, k := range keys {
			out = append(out, map[string]any{"required": []string{k}})
		}
		return out
	}
	switch t {
	case reflect.TypeFor[VersionItem]():
		return map[string]any{"anyOf": with("agree", "at-least", "follow", "together")}
	case reflect.TypeFor[Exception]():
		return map[string]any{"oneOf": with("policy", "rule")}
	}
	return nil
}

// describe adds what the row of a key says of it: its meaning, its default, that it has no effect yet.
func describe(key map[string]any, row string) {
	cells := strings.Split(strings.Trim(row, "| "), " | ")
	meaning := regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`).ReplaceAllString(cells[4], "$1")
	if cells[3] == "later" {
		meaning += "; read and checked, but without effect in this version"
	}
	key["description"] = meaning
	word, ok := strings.CutPrefix(cells[2], "`")
	word = strings.TrimSuffix(word, "`")
	switch {
	case !ok:
	case word == "true" || word == "false":
		key["default"] = word == "true"
	default:
		key["default"] = word
	}
}

// value describes what a key takes: the same choice as decoder.value.
func (w *schemaWriter) value(t reflect.Type, path string) map[string]any {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	v := reflect.New(t).Interface()
	if s := scalarSchema(t, path); s != nil {
		return s
	}
	switch v := v.(type) {
	case listValue:
		some := oneOrMore(map[string]any{"type": "string", "minLength": 1})
		some["anyOf"].([]any)[1].(map[string]any)["minItems"] = 1 // a selector without terms would mean all
		return some
	case tableValue:
		return map[string]any{
			"type": []string{"object", "null"}, "propertyNames": map[string]any{"pattern": "^[^ \\t*?\\[\\]{}!,]{1,100}$"},
			"additionalProperties": w.value(reflect.TypeOf(v.entry("x")).Elem(), path),
		}
	}
	switch elem := t; t.Kind() {
	case reflect.Slice:
		if elem = t.Elem(); elem.Kind() != reflect.Struct {
			return oneOrMore(w.value(elem, path))
		}
		item := w.object(elem, "`"+path+"`", path)
		item["type"] = "object" // a list has no empty items
		return map[string]any{"type": []string{"array", "null"}, "items": item}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	}
	return w.object(t, "`"+path+"`", path)
}

// oneOrMore describes a key that takes a value or a list of values.
func oneOrMore(value map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{value, map[string]any{"type": "array", "items": value}}}
}

// scalarSchema describes a value that stands in one scalar, nil if t is none. What YAML takes for a number is text to
// modgov where text is expected.
func scalarSchema(t reflect.Type, path string) map[string]any {
	pattern := func(types any, form string) map[string]any { return map[string]any{"type": types, "pattern": form} }
	number := []string{"string", "number"}
	switch t {
	case reflect.TypeFor[FileVersion]():
		return map[string]any{"enum": []any{1, "1"}}
	case reflect.TypeFor[Severity]():
		return map[string]any{"enum": []string{"error", "warn", "info", "off"}}
	case reflect.TypeFor[Version]():
		return pattern("string", `^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+incompatible)?$`)
	case reflect.TypeFor[GoLines]():
		return pattern(number, `^(same|same-minor|any|[1-9][0-9]*(\.[0-9]+)*((rc|beta)[0-9]+)?)$`)
	case reflect.TypeFor[Toolchain]():
		return pattern("string", `^(any|same|none|go[1-9].*)$`)
	case reflect.TypeFor[Date]():
		return map[string]any{"type": "string", "format": "date", "pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}
	case reflect.TypeFor[Days]():
		return pattern("string", `^[0-9]*[1-9][0-9]*[dw]$`)
	}
	switch {
	case path == "exceptions.rule":
		waivable := slices.DeleteFunc(ruleNames(), func(name string) bool { return !Waivable(name) })
		return map[string]any{"enum": waivable}
	case wordsOf(t) != nil && t.Kind() == reflect.String:
		return map[string]any{"enum": wordsOf(t)}
	case t.Kind() == reflect.String:
		return map[string]any{"type": []string{"string", "number", "boolean"}, "minLength": 1}
	}
	return nil
}

// compiledSchema returns what `modgov policy schema` prints, as a validator.
func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	root, err := jsonschema.UnmarshalJSON(strings.NewReader(docs.PolicySchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("policy.json", root); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asEditor reads a file as an editor does, by YAML 1.2: dates are text.
func asEditor(t *testing.T, data []byte) any {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &n); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return plainValue(t, &n)
}

func plainValue(t *testing.T, n *yaml.Node) any {
	t.Helper()
	switch n.Kind {
	case yaml.DocumentNode:
		return plainValue(t, n.Content[0])
	case yaml.AliasNode:
		return plainValue(t, n.Alias)
	case yaml.SequenceNode:
		list := []any{}
		for _, e := range n.Content {
			list = append(list, plainValue(t, e))
		}
		return list
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainValue(t, n.Content[i+1])
		}
		return m
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!int", "!!float":
		return json.Number(strings.TrimLeft(n.Value, "+"))
	}
	return n.Value
}

// What is valid fits the schema: the examples of docs/policy.md, the policies of the fixture and of modgov itself, and
// all valid files among the cases of the decoder.
func TestSchemaTakesValid(t *testing.T) {
	t.Parallel()
	valid := map[string][]byte{}
	for i, text := range docExamples(t) {
		valid[fmt.Sprintf("docs/policy.md, example %d", i+1)] = []byte(text)
	}
	for _, name := range []string{"../../fixtures/teams/modgov.yaml", "../../modgov.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		valid[name] = data
	}
	for name, data := range decoderCases(t) {
		if p, err := Parse(name, data); err == nil && p != nil {
			valid[name] = data
		}
	}
	schema := compiledSchema(t)
	for name, data := range valid {
		if err := schema.Validate(asEditor(t, data)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, data)
		}
	}
}

// decoderCases are the files of testdata/policyfile.
func decoderCases(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/policyfile/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	cases := map[string][]byte{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if strings.HasSuffix(f.Name, ".yaml") {
				cases[file+": "+f.Name] = f.Data
			}
		}
	}
	return cases
}

// What is wrong by its form is refused by the decoder and by the schema, each file for one reason.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	const v = "version: 1\n"
	if err := schema.Validate(asEditor(t, []byte(v))); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"{}", "version: 2", "[]", "gate: {}", v + "pinz: []", v + "custom: []", v + "versions: {dep: x, agree: same}",
		v + "versions: [{agree: same}]", v + "versions: [{dep: x}]", v + "versions: [{dep: x, agree: similar}]",
		v + "versions: [{dep: x, at-least: 1.2.3}]", v + "versions: [{dep: x, at-least: v1.2}]",
		v + "versions: [{dep: x, agree: same, in: {a: b}}]", v + "versions: [{dep: [[x]], agree: same}]",
		v + "versions: [{dep: '', agree: same}]", v + "versions: [{dep: x, agree: same, severity: warning}]",
		v + "versions: [{dep: x, agree: same, together: 'true'}]", v + "versions: [{dep: x, agree: same, id: [a]}]",
		v + "pins: [{dep: x, version: v1.0.0, alternates: [{version: v1.1.0}]}]", v + "pins: [null]",
		v + "pins: [{dep: x, version: v1.0.0, expires: 2026-01-01}]", v + "pins: [{dep: x, version: v1.0.0+meta}]",
		v + "bans: [{dep: x, scope: all}]", v + "boundaries: [{from: x}]", v + "sources: {pseudo_versions: yes}",
		v + "replaces: {local: never}", v + "go: {line: 1.x}", v + "go: {toolchain: 1.26}", v + "vendor: {workspace: 1}",
		v + "exceptions: [{reason: x}]", v + "exceptions: [{rule: cycle, policy: default}]",
		v + "exceptions: [{rule: sum-malformed}]", v + "exceptions: [{rule: no-such}]",
		v + "exceptions: [{rule: cycle, expires: 2026-02-30}]", v + "exceptions: [{rule: cycle, expires: 2026-2-3}]",
		v + "exception_policy: {require: [expiry]}", v + "exception_policy: {max_age: 6m}",
		v + "exception_policy: {warn_before: 0d}", v + "gate: {threshold: info}", v + "release: {groups: [{id: a}]}",
		v + "owners: {teams: {a: {members: x}}}", v + "sets: {'a b': x}", v + "modules: {tags: [x]}",
		v + "bans: [{dep: []}]", v + "versions: [{dep: x, agree: same, in: []}]", v + "sets: {a: []}",
		v + "exceptions: [{rule: cycle, modules: []}]", v + "modules: {tags: {a: []}}", v + "sources: {hosts: []}",
	} {
		if p, err := Parse("p.yaml", []byte(text)); err == nil || p != nil {
			t.Errorf("the decoder takes %s", text)
		}
		if err := schema.Validate(asEditor(t, []byte(text))); err == nil {
			t.Errorf("the schema takes %s", text)
		}
	}
}
