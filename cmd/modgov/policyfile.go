package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
)

// policyName is the policy file at the root.
const policyName = "modgov.yaml"

// policyFile is the file that a policy was read from, or would be.
type policyFile struct {
	dir, name string // directory and name in it, in the form of the operating system
	shown     string // its name in messages
	data      []byte // nil: there is no file
}

// readPolicy reads the policy file, and CODEOWNERS if it asks for it. A file that --policy names has to be there.
func (p *project) readPolicy(files fs.FS) (*policy.Policy, error) {
	name, data, err := policyName, []byte(nil), error(nil)
	p.written = policyFile{dir: p.repo.Root, name: policyName, shown: policyName}
	if p.inv.policy != "" {
		p.written.dir, p.written.name = filepath.Split(p.inv.policy)
		name = p.inv.policy
		if rel, relErr := filepath.Rel(p.repo.Root, name); relErr == nil && filepath.IsLocal(rel) {
			name = filepath.ToSlash(rel)
		}
		p.written.shown = name
		data, err = os.ReadFile(p.inv.policy)
	} else {
		data, err = fs.ReadFile(files, policyName)
		_, absent := os.Lstat(filepath.Join(p.repo.Root, policyName)) // a link that leads nowhere is there
		if errors.Is(err, fs.ErrNotExist) && errors.Is(absent, fs.ErrNotExist) {
			return policy.Default(), nil
		}
	}
	if p.inv.noPolicy && errors.Is(err, fs.ErrNotExist) {
		return policy.Default(), nil
	}
	if err != nil {
		return nil, usagef("read the policy: %w", err)
	}
	if p.written.data = data; p.inv.noPolicy {
		return policy.Default(), nil
	}
	return p.parsePolicy(files, name, data)
}

// parsePolicy reads the text of a policy file, and CODEOWNERS if it asks for it. What is wrong with it is shown.
func (p *project) parsePolicy(files fs.FS, name string, data []byte) (*policy.Policy, error) {
	pol, err := policy.Parse(name, data)
	var wrong *policy.FileErrors
	if errors.As(err, &wrong) {
		o := report.Options{Width: p.inv.shell.screen.textWidth()}
		return nil, errors.Join(usagef("%s is not a valid policy", name), report.WritePolicyErrors(p.inv.stderr, wrong, o))
	} else if err != nil {
		return nil, usagef("%w", err)
	}
	return pol, p.addCodeowners(files, pol)
}

// addCodeowners gives a policy the owners that the CODEOWNERS file says.
func (p *project) addCodeowners(files fs.FS, pol *policy.Policy) error {
	for _, file := range policy.CodeownersFiles() {
		text, err := fs.ReadFile(files, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
		if err := pol.SetCodeowners(file, text); err != nil {
			p.notes = append(p.notes, err.Error())
		}
		break
	}
	return nil
}
