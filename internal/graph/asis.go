package graph

// AsIs returns the view with the build list and the graph of the go.mod file as it stands, also where go refuses to
// load the module before an update. NeedsUpdate is that of v. Where nothing needs an update the two are the same.
func (v *View) AsIs() *View {
	if v.asIs == nil || v.current == v.asIs && v.repaired == v.asIs {
		return v
	}
	out := *v
	out.current, out.repaired, out.updated = v.asIs, v.asIs, v
	if v.err == nil {
		out.err = v.asIs.err
	}
	return &out
}
