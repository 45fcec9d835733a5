package policy

import (
	"reflect"
	"slices"
	"strings"
)

// PolicyKeys returns the keys of the policy file, "pins.alternates.in", and those that have no effect yet.
func PolicyKeys() (keys []string, later map[string]bool) {
	later = map[string]bool{}
	types := sectionTypes(reflect.TypeFor[Policy](), "")
	types[""] = reflect.TypeFor[Policy]()
	for title, t := range types {
		for _, f := range fieldsOf(t) {
			key := strings.TrimPrefix(strings.Trim(title, "`")+"."+f.key, ".")
			keys = append(keys, key)
			later[key] = f.later || isLater(title)
		}
	}
	slices.Sort(keys)
	return keys, later
}
