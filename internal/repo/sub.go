package repo

import (
	"io/fs"
)

// subFiles is the FS of one directory of the working tree, with the rules of files. It keeps the directory open, so
// that reading many files of it does not look up the way there each time; Close it, or leave that to the garbage
// collector.
type subFiles struct{ files }

// Sub returns the FS of a directory, which also implements io.Closer. A link in it that leaves it is an error, even if
// it stays inside the root.
func (f files) Sub(dir string) (fs.FS, error) {
	if dir == "." {
		return f, nil
	}
	local, err := localize("sub", dir)
	if err != nil {
		return nil, err
	}
	root, err := f.root.OpenRoot(local)
	if err != nil {
		return nil, pathError("sub", dir, err)
	}
	return subFiles{files{root}}, nil
}

// Close ends the use of the directory.
func (f subFiles) Close() error { return f.root.Close() }
