package modsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/lockedfile"
	"golang.org/x/mod/sumdb"
)

// sumOps are the effects of a client of the checksum database (sumdb.ClientOps) for one context.
type sumOps struct {
	db    *sumDB
	ctx   context.Context
	local bool

	mu       sync.Mutex
	failed   []string // texts of the errors that the client may have wrapped beyond recognition
	evidence string
}

var errLocal = errors.New("the checksum database is not asked about files in the module cache")

// ReadRemote asks the database.
func (o *sumOps) ReadRemote(path string) ([]byte, error) {
	if o.local {
		return nil, o.fail(&Error{Kind: Off, Err: errLocal})
	}
	base, err := o.db.remote(o.ctx)
	if err != nil {
		return nil, o.fail(err)
	}
	data, _, err := o.db.s.ask(o.ctx, base, strings.TrimPrefix(path, "/"))
	if err != nil {
		return nil, o.fail(err)
	}
	return data, nil
}

// fail remembers an error, as the client passes on the text of some errors only. Errors for which it makes no
// difference whether they are remembered twice are remembered once.
func (o *sumOps) fail(err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if text := err.Error(); len(o.failed) == 0 || o.failed[len(o.failed)-1] != text {
		o.failed = append(o.failed, text)
	}
	return err
}

// unheard reports whether an error of the client says that something could not be read, rather than that it is wrong.
func (o *sumOps) unheard(err error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, text := range o.failed {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}

// configFile returns the place of a file that outlives the module cache (cfg.SumdbDir).
func (o *sumOps) configFile(file string) (string, error) {
	list := filepath.SplitList(o.db.s.o.Settings.Get("GOPATH"))
	if len(list) == 0 || !filepath.IsAbs(list[0]) {
		return "", errors.New("could not locate sumdb file: missing $GOPATH")
	}
	return filepath.Join(list[0], "pkg", "sumdb", filepath.FromSlash(file)), nil
}

// ReadConfig returns the key, or the latest tree head that the go command or modgov has seen; none is an empty one.
func (o *sumOps) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(o.db.key), nil
	}
	name, err := o.configFile(file)
	if err != nil {
		return nil, o.fail(err)
	}
	data, err := lockedfile.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return []byte{}, nil
	}
	if err != nil {
		return nil, o.fail(err)
	}
	return data, nil
}

// WriteConfig replaces the latest tree head, unless another process has moved it on.
func (o *sumOps) WriteConfig(file string, old, new []byte) error {
	name, err := o.configFile(file)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(name), 0o777)
	}
	if err == nil {
		err = replaceLocked(name, old, new)
	}
	if err != nil && err != sumdb.ErrWriteConflict { // the client compares
		err = o.fail(fmt.Errorf("keep the tree head of the checksum database: %w", err))
	}
	return err
}

// replaceLocked replaces the content of a file under the go command's lock, if the file is new, empty or as expected.
func replaceLocked(name string, old, new []byte) (err error) {
	f, err := lockedfile.Edit(name)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return err
	}
	if len(data) > 0 && !bytes.Equal(data, old) {
		return sumdb.ErrWriteConflict
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(new, 0)
	return err
}

// cacheFile returns the place of a lookup or tile in the module cache, "" if there is none.
func (o *sumOps) cacheFile(file string) string {
	if o.db.s.cache.dir == "" {
		return ""
	}
	return filepath.Join(o.db.s.cache.dir, "cache", "download", "sumdb", filepath.FromSlash(file))
}

// ReadCache returns a kept lookup or tile. An empty file is one that another process is about to write.
func (o *sumOps) ReadCache(file string) ([]byte, error) {
	name := o.cacheFile(file)
	if name == "" {
		return nil, fs.ErrNotExist
	}
	data, err := lockedfile.Read(name)
	if err == nil && len(data) == 0 {
		err = fs.ErrNotExist
	}
	return data, err
}

// WriteCache keeps a lookup or tile that the client has proved.
func (o *sumOps) WriteCache(file string, data []byte) {
	name := o.cacheFile(file)
	if name == "" {
		return
	}
	err := os.MkdirAll(filepath.Dir(name), 0o777)
	if err == nil {
		err = lockedfile.Write(name, bytes.NewReader(data), 0o666)
	}
	if err != nil {
		o.db.s.note(func(n *notes) { n.proofErr = err })
	}
}

// Log is not called by the client.
func (o *sumOps) Log(string) {}

// SecurityError takes the proof that the database contradicts itself.
func (o *sumOps) SecurityError(msg string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.evidence == "" {
		o.evidence = msg
	}
}

func (o *sumOps) report() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.evidence
}
