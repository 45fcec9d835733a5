package repo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// Modes of index entries that are not files: gitformat-index(5).
const (
	modeGitlink = 0o160000
	modeSparse  = 0o040000
)

// indexed is what of git's index matters here. A nil *indexed tracks nothing.
type indexed struct {
	files map[string]bool // those that were asked for, by path from git's top level
	links []string        // every submodule, in index order
}

func (t *indexed) has(name string) bool { return t != nil && t.files[name] }

// readIndex reads which files the index has of those that are wanted. No index, as in a repository without commits,
// tracks nothing and is no error. Name is only valid during the call of wanted.
func (s *store) readIndex(wanted func(name []byte) bool) (*indexed, error) {
	if s.refused != "" {
		return nil, errors.New(s.refused)
	}
	data, err := os.ReadFile(s.index)
	if errors.Is(err, fs.ErrNotExist) {
		return &indexed{}, nil
	}
	if err != nil {
		return nil, err
	}
	t := &indexed{files: make(map[string]bool)}
	err = scanIndex(data, s.hashSize, func(e *indexEntry) {
		if e.mode == modeGitlink {
			t.links = append(t.links, string(e.name))
		} else if e.mode != modeSparse && wanted(e.name) {
			t.files[string(e.name)] = true
		}
	})
	if err != nil {
		return nil, fmt.Errorf("git index %s: %w", s.index, err)
	}
	return t, nil
}

// governed reports whether the last element of a path from the index is go.mod or go.work. It takes bytes, as it is
// asked for every file of the repository.
func governed(name []byte) bool {
	last := name[bytes.LastIndexByte(name, '/')+1:]
	return string(last) == modFile || string(last) == workFile
}

// An indexEntry is an entry of a git index. Its slices are only valid while it is visited.
type indexEntry struct {
	mode     uint32
	flags    uint16 // stage and assume-unchanged among them
	extended uint16 // skip-worktree among them
	stat     []byte // ctime, mtime, dev, ino, mode, uid, gid and size of the file, 32 bits each
	hash     []byte
	name     []byte // from git's top level
}

// scanIndex calls visit for every entry of a git index, in its order. Versions 2 to 4 are read, with object names of
// hashSize bytes. The optional extensions are passed over. A mandatory one that changes what the entries mean is an
// error: of those only the sparse index is understood, not the split index.
//
// go-git's decoder is not used: it hashes and reflects its way through the file, which takes a fifth of a second for
// 100,000 files, where this takes a few milliseconds, and it refuses sparse indexes and those without a checksum
// (index.skipHash). The checksum is not looked at; git does not look at it either when it reads.
func scanIndex(data []byte, hashSize int, visit func(*indexEntry)) error {
	if len(data) < 12+hashSize || string(data[:4]) != "DIRC" {
		return errors.New("no index signature")
	}
	version, count := binary.BigEndian.Uint32(data[4:]), binary.BigEndian.Uint32(data[8:])
	if version < 2 || version > 4 {
		return fmt.Errorf("unknown version %d", version)
	}
	body := data[12 : len(data)-hashSize]
	var e indexEntry
	for i := range count {
		rest, err := e.scan(body, hashSize, version)
		if err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		body = rest
		visit(&e)
	}
	return scanExtensions(body)
}

var errShortIndex = errors.New("unexpected end of file")

// scan reads the entry that body begins with and returns what follows it. Before, e.name is that of the entry before.
func (e *indexEntry) scan(body []byte, hashSize int, version uint32) (rest []byte, err error) {
	const statSize, modeAt, isExtended = 40, 24, 0x4000
	fixed := statSize + hashSize + 2
	if len(body) < fixed {
		return nil, errShortIndex
	}
	e.mode, e.stat, e.hash = binary.BigEndian.Uint32(body[modeAt:]), body[:statSize], body[statSize:statSize+hashSize]
	e.flags, e.extended = binary.BigEndian.Uint16(body[fixed-2:]), 0
	if e.flags&isExtended != 0 {
		fixed += 2
		if len(body) < fixed {
			return nil, errShortIndex
		}
		e.extended = binary.BigEndian.Uint16(body[fixed-2:])
	}
	if version == 4 {
		return scanPrefixed(body[fixed:], &e.name)
	}
	end := bytes.IndexByte(body[fixed:], 0)
	if end < 0 {
		return nil, errShortIndex
	}
	e.name = body[fixed : fixed+end]
	size := (fixed + end + 8) &^ 7 // padded with one to eight zero bytes
	if len(body) < size {
		return nil, errShortIndex
	}
	return body[size:], nil
}

// scanPrefixed reads a name of version 4: how many bytes to drop from the name before, then what to add to it.
func scanPrefixed(body []byte, name *[]byte) ([]byte, error) {
	drop, n := 0, 0
	for {
		if n >= len(body) || drop > len(*name) {
			return nil, errShortIndex
		}
		b := body[n]
		n++
		drop |= int(b & 0x7f)
		if b&0x80 == 0 {
			break
		}
		drop = (drop + 1) << 7
	}
	end := bytes.IndexByte(body[n:], 0)
	if end < 0 || drop > len(*name) {
		return nil, errShortIndex
	}
	kept := len(*name) - drop
	*name = append((*name)[:kept:kept], body[n:n+end]...)
	return body[n+end+1:], nil
}

// scanExtensions passes over the extensions behind the entries. A capital letter first makes one optional.
func scanExtensions(body []byte) error {
	for len(body) >= 8 {
		name, size := string(body[:4]), binary.BigEndian.Uint32(body[4:])
		switch {
		case name == "link":
			return errors.New("it is a split index")
		case name == "sdir": // directories outside a sparse checkout, as one entry each
		case name[0] < 'A' || name[0] > 'Z':
			return fmt.Errorf("unknown extension %q", name)
		}
		if uint64(size) > uint64(len(body)-8) {
			return errShortIndex
		}
		body = body[8+size:]
	}
	return nil
}

// below maps a path from git's top level to one relative to prefix ("." or "a/b"); ok is false if it lies elsewhere.
func below(prefix, name string) (rel string, ok bool) {
	if prefix == "." {
		return path.Clean(name), true
	}
	if len(name) > len(prefix) && name[len(prefix)] == '/' && name[:len(prefix)] == prefix {
		return name[len(prefix)+1:], true
	}
	return "", false
}
