package change

import (
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// A Reason says why a module is touched. It is one of the types below, which stand in the order in which reasons are given.
type Reason interface{ isReason() }

type (
	// NoBase: nothing is known of a state before, so all modules are touched.
	NoBase struct{}
	// NewModule: there was no module in the directory.
	NewModule struct{}
	// NewlyGoverned: there was a module in the directory, and it was not governed.
	NewlyGoverned struct{}
	// NoBuildList: the module, or its workspace, has no build list after the change, or before it. Err says why, nil if the
	// module had no view.
	NoBuildList struct {
		InWorkspace, Before bool
		Err                 error
	}
	// FilesDiffer: these files differ in the module.
	FilesDiffer []string
	// DependencyDiffers: the module takes code from a directory, and Files differ there.
	DependencyDiffers struct {
		graph.Local
		Files []string
	}
	// DependencyUnseen: the module takes code from a directory, and nobody can say what changes there.
	DependencyUnseen struct{ graph.Local }
	// VersionDiffers: the effective version of Dep is To where it was From, "" for none; in the workspace, and not, or not
	// only so, in the module alone.
	VersionDiffers struct {
		Dep, From, To string
		InWorkspace   bool
	}
	// WorkspaceDiffers: go.work treats the module in another way.
	WorkspaceDiffers string
	// SumsDiffer: the sums of this path in go.work.sum differ; "" for lines of it that go refuses.
	SumsDiffer string
	// PolicyDiffers: so many findings of the module are others because of the policy.
	PolicyDiffers int
	// NeededByOther: a module that is touched takes the code of this one from its directory.
	NeededByOther struct {
		Module *workspace.Module
		By     graph.Local // what it takes
	}
)

// The ways in which go.work treats a module otherwise.
const (
	Joined         WorkspaceDiffers = "joined"
	Left           WorkspaceDiffers = "left"
	GodebugDiffers WorkspaceDiffers = "godebug"
	VendorDiffers  WorkspaceDiffers = "vendor" // the vendor directory of the workspace
)

func (NoBase) isReason()            {}
func (NewModule) isReason()         {}
func (NewlyGoverned) isReason()     {}
func (NoBuildList) isReason()       {}
func (FilesDiffer) isReason()       {}
func (DependencyDiffers) isReason() {}
func (DependencyUnseen) isReason()  {}
func (VersionDiffers) isReason()    {}
func (WorkspaceDiffers) isReason()  {}
func (SumsDiffer) isReason()        {}
func (PolicyDiffers) isReason()     {}
func (NeededByOther) isReason()     {}
