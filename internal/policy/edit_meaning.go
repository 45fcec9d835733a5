package policy

import (
	"fmt"
	"reflect"
	"slices"
)

// expected returns what the exceptions are to be after the edits. The error says which edit cannot be made.
func expected(have []Exception, e ExceptionEdits) ([]Exception, error) {
	byID := map[string]int{}
	for i := range have {
		byID[have[i].ID] = i
	}
	gone, renewed := map[string]bool{}, map[string]Renewal{}
	for _, id := range e.Remove {
		if _, ok := byID[id]; !ok {
			return nil, unknownException(id, have)
		}
		gone[id] = true
	}
	for _, r := range e.Renew {
		if _, ok := byID[r.ID]; !ok || gone[r.ID] {
			return nil, unknownException(r.ID, have)
		}
		if _, twice := renewed[r.ID]; twice {
			return nil, fmt.Errorf("the exception %q is to be renewed twice", r.ID)
		}
		renewed[r.ID] = r
	}
	var want []Exception
	for i := range have {
		x := have[i]
		if gone[x.ID] {
			continue
		}
		if r, ok := renewed[x.ID]; ok {
			x.renew(r)
		}
		want = append(want, x)
	}
	for i := range e.Add {
		x, err := e.Add[i].exception()
		if err != nil {
			return nil, err
		}
		want = append(want, x)
	}
	return want, nil
}

func unknownException(id string, have []Exception) error {
	var ids []string
	for i := range have {
		ids = append(ids, have[i].ID)
	}
	return hinted(badValue(didYouMean(id, ids), "there is no exception %q", clip(id)))
}

func (e *Exception) renew(r Renewal) {
	e.keys = slices.Clone(e.keys)
	set := func(key string, field *Date, date Date) {
		if date.IsZero() {
			return
		}
		if *field = date; !e.Has(key) {
			e.keys = append(e.keys, keyPlace{key: key})
		}
	}
	set("created", &e.Created, r.Created)
	set("expires", &e.Expires, r.Expires)
}

// exception is what the decoder makes of it.
func (e *NewException) exception() (Exception, error) {
	x := Exception{
		Item: Item{ID: e.ID, Owner: e.Owner, Reason: e.Reason}, Policy: e.Policy, Rule: e.Rule, Issue: e.Issue,
		Created: e.Created, Expires: e.Expires,
	}
	var err error
	if x.Dep, err = parseDepSelector(e.Dep); err != nil {
		return x, err
	}
	if x.Modules, err = ParseModuleSelector(e.Modules); err != nil {
		return x, err
	}
	for _, p := range e.pairs() {
		x.keys = append(x.keys, keyPlace{key: p[0]})
	}
	return x, nil
}

// differs holds an edited policy against the one before and the exceptions that were meant; it returns what is not as
// it should be, "" if all is.
func differs(before, after *Policy, exceptions []Exception) string {
	a, b := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	for _, f := range fieldsOf(a.Type()) {
		if f.key != "exceptions" && !same(a.FieldByIndex(f.index), b.FieldByIndex(f.index)) {
			return f.key
		}
	}
	if len(exceptions) != len(after.Exceptions) {
		return "the exceptions"
	}
	for i := range exceptions {
		want, got := &exceptions[i], &after.Exceptions[i]
		if !want.Has("id") && !got.Has("id") { // what it is named after itself may be taken by others
			got.ID = want.ID
		}
		if !same(reflect.ValueOf(want).Elem(), reflect.ValueOf(got).Elem()) {
			return "the exception " + want.ID
		}
	}
	return ""
}

// same compares two values of a type that is decoded from the file, without the places where they stand.
func same(a, b reflect.Value) bool {
	switch x := a.Addr().Interface().(type) {
	case *DepSelector:
		return slices.Equal(x.Texts(), b.Addr().Interface().(*DepSelector).Texts())
	case *ModuleSelector:
		return slices.Equal(x.Texts(), b.Addr().Interface().(*ModuleSelector).Texts())
	case tableValue:
		return sameTable(a, b)
	case placed:
		if !slices.Equal(keyNames(x.place()), keyNames(b.Addr().Interface().(placed).place())) {
			return false
		}
		for _, f := range fieldsOf(a.Type()) {
			if !same(a.FieldByIndex(f.index), b.FieldByIndex(f.index)) {
				return false
			}
		}
		return true
	}
	if a.Kind() != reflect.Slice {
		return reflect.DeepEqual(a.Interface(), b.Interface())
	}
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !same(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

// sameTable compares the names and the entries of two tables.
func sameTable(a, b reflect.Value) bool {
	entry := func(v reflect.Value, name string) reflect.Value {
		return v.Addr().MethodByName("Get").Call([]reflect.Value{reflect.ValueOf(name)})[0].Elem()
	}
	names := keyNames(a.Addr().Interface().(tableValue).place())
	if !slices.Equal(names, keyNames(b.Addr().Interface().(tableValue).place())) {
		return false
	}
	for _, name := range names {
		if !same(entry(a, name), entry(b, name)) {
			return false
		}
	}
	return true
}

// keyNames are the keys that are given, sorted.
func keyNames(p *Place) []string {
	names := make([]string, len(p.keys))
	for i, k := range p.keys {
		names[i] = k.key
	}
	slices.Sort(names)
	return names
}
