package repo

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// packs reads the objects of the packs of a repository where they stand: gitformat-pack(5). go-git, before it reads the
// first object, loads the whole index of the pack that holds it, hashes it and makes a map of all offsets, which grows
// with the history: for 600,000 objects it takes a fifth of a second and 60 MB. Here a look-up reads a 256th of an index
// at most. Not safe for concurrent use.
type packs struct {
	dirs  []string // directories of objects
	list  []*pack  // the one that had the last object first
	known map[string]bool
	bad   error // why a pack cannot be read, if there is such a one
	// young and old are contents of objects that others build on, or may. When the young ones are too many, they are the
	// old ones, and those that nobody has asked for since the last time are forgotten.
	young, old map[place]content
	room       int // for more young ones, in bytes

	reader *bufio.Reader // both are used again for every object
	zlib   io.ReadCloser
}

const (
	keptSize    = 16 << 20  // of the young objects that are kept, together; as many are old
	maxBaseSize = 256 << 20 // of an object that others build on
	maxChain    = 5000      // git makes none of more than 4095
)

// A place is where an object stands.
type place struct {
	pack   *pack
	offset int64
}

// A content is what an object holds.
type content struct {
	kind plumbing.ObjectType
	data []byte
}

func openPacks(dirs []string) *packs {
	p := &packs{dirs: dirs, known: map[string]bool{}, young: map[place]content{}, room: keptSize, reader: bufio.NewReader(nil)}
	p.refresh()
	return p
}

// refresh adds the packs that are new since. Those that are gone can still be read if they are open.
func (p *packs) refresh() {
	for _, dir := range p.dirs {
		dir = filepath.Join(dir, "pack")
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // there is none in a repository of loose objects
			p.bad = err
		}
		for _, e := range entries {
			name, ok := strings.CutSuffix(filepath.Join(dir, e.Name()), ".idx")
			if !ok || p.known[name] {
				continue
			}
			index, err := openPackIndex(name + ".idx")
			if errors.Is(err, fs.ErrNotExist) {
				continue // another process has packed anew
			} else if err != nil {
				p.bad = fmt.Errorf("%s.idx: %w; git repack -ad makes a new one", name, err)
				continue
			}
			p.known[name] = true
			p.list = append(p.list, &pack{name: name, index: index})
		}
	}
}

func (p *packs) close() error {
	var errs []error
	for _, k := range p.list {
		errs = append(errs, k.index.close())
		if k.file != nil {
			errs = append(errs, k.file.Close())
		}
	}
	return errors.Join(errs...)
}

// A pack is a file of objects. It is opened for the first one that is read of it.
type pack struct {
	name  string // without extension
	index *packIndex
	file  *os.File
	size  int64
}

func (k *pack) open() error {
	if k.file != nil {
		return nil
	}
	file, err := os.Open(k.name + ".pack")
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	k.file, k.size = file, info.Size()
	return nil
}

// find returns the pack that holds an object, and where.
func (p *packs) find(hash plumbing.Hash) (*pack, int64, error) {
	for i, k := range p.list {
		offset, ok, err := k.index.offset(hash)
		if err != nil {
			return nil, 0, fmt.Errorf("%s.idx: %w", k.name, err)
		}
		if !ok {
			continue
		}
		err = k.open()
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process has packed anew
		}
		copy(p.list[1:i+1], p.list[:i])
		p.list[0] = k
		return k, offset, err
	}
	return nil, 0, plumbing.ErrObjectNotFound
}

// read returns the content of an object. If it is a blob, the caller may change it. The error is
// plumbing.ErrObjectNotFound if no pack has it.
func (p *packs) read(hash plumbing.Hash) (content, error) {
	k, offset, err := p.find(hash)
	if err != nil {
		return content{}, err
	}
	c, err := p.at(place{k, offset})
	if err != nil {
		return c, fmt.Errorf("%s.pack, at %d: %w", k.name, offset, err)
	}
	return c, nil
}

// size returns how long the content of an object is.
func (p *packs) size(hash plumbing.Hash) (int64, error) {
	k, offset, err := p.find(hash)
	if err != nil {
		return 0, err
	}
	head, err := p.header(place{k, offset})
	if err == nil && head.isDelta() {
		var start []byte
		if start, err = p.inflate(min(head.size, 2*binary.MaxVarintLen64), false); err == nil {
			head.size, err = targetSize(start)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("%s.pack, at %d: %w", k.name, offset, err)
	}
	return head.size, nil
}

// A packed is what stands before the bytes of an object in a pack.
type packed struct {
	kind plumbing.ObjectType
	size int64 // inflated
	base int64 // offset of the object that a delta builds on
}

func (h packed) isDelta() bool {
	return h.kind == plumbing.OFSDeltaObject || h.kind == plumbing.REFDeltaObject
}

// A delta makes an object of another one.
type delta struct {
	place
	data []byte
}

// at reads the object at a place: the deltas first, down to an object that is whole, then back, applying them.
func (p *packs) at(where place) (content, error) {
	c, deltas, err := p.chain(where)
	if err != nil {
		return c, err
	}
	for i, d := range slices.Backward(deltas) {
		size, err := targetSize(d.data)
		if err == nil {
			err = checkSize(size, i == 0)
		}
		if err == nil {
			c.data, err = packfile.PatchDelta(c.data, d.data)
		}
		if err != nil {
			return c, err
		}
		if i > 0 || c.kind != plumbing.BlobObject { // a blob that was asked for is not asked for again
			p.keep(d.place, c)
		}
	}
	return c, nil
}

// chain reads the deltas from a place on, and the object that they build on.
func (p *packs) chain(at place) (whole content, deltas []delta, err error) {
	for range maxChain {
		if kept, ok := p.recall(at); ok {
			if len(deltas) == 0 {
				kept.data = bytes.Clone(kept.data) // the caller may change it
			}
			return kept, deltas, nil
		}
		head, err := p.header(at)
		if err == nil {
			err = checkSize(head.size, len(deltas) == 0 && !head.isDelta())
		}
		if err != nil {
			return whole, nil, err
		}
		data, err := p.inflate(head.size, true)
		if err != nil {
			return whole, nil, err
		}
		if !head.isDelta() {
			whole = content{head.kind, data}
			if len(deltas) > 0 {
				p.keep(at, whole)
			}
			return whole, deltas, nil
		}
		deltas = append(deltas, delta{at, data})
		at.offset = head.base
	}
	return whole, nil, errors.New("a chain of deltas without end")
}

// checkSize refuses objects that are too large: what was asked for sooner than what others build on.
func checkSize(size int64, asked bool) error {
	if size > maxBaseSize || asked && size > maxFileSize {
		return errTooLarge
	}
	return nil
}

// keep remembers an object.
func (p *packs) keep(at place, c content) {
	if len(c.data) > keptSize/4 {
		return
	}
	if p.room -= len(c.data); p.room < 0 {
		p.old, p.young, p.room = p.young, map[place]content{}, keptSize-len(c.data)
	}
	p.young[at] = c
}

// recall returns what is remembered of an object.
func (p *packs) recall(at place) (content, bool) {
	if c, ok := p.young[at]; ok {
		return c, true
	}
	c, ok := p.old[at]
	if ok {
		p.keep(at, c)
	}
	return c, ok
}

// header reads what stands before an object; inflate goes on from there.
func (p *packs) header(at place) (packed, error) {
	var h packed
	if at.offset < 12 || at.offset >= at.pack.size {
		return h, errors.New("an offset outside the file")
	}
	p.reader.Reset(io.NewSectionReader(at.pack.file, at.offset, at.pack.size-at.offset))
	b, err := p.reader.ReadByte()
	h.kind, h.size = plumbing.ObjectType(b>>4&7), int64(b&15)
	for shift := 4; err == nil && b&0x80 != 0; shift += 7 {
		if shift > 50 {
			return h, errors.New("a size without end")
		}
		b, err = p.reader.ReadByte()
		h.size |= int64(b&0x7f) << shift
	}
	if err != nil {
		return h, noEOF(err)
	}
	switch h.kind {
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
		return h, nil
	case plumbing.OFSDeltaObject:
		back, err := p.distance()
		h.base = at.offset - back
		return h, err
	case plumbing.REFDeltaObject:
		var hash plumbing.Hash
		if _, err := io.ReadFull(p.reader, hash[:]); err != nil {
			return h, noEOF(err)
		}
		base, ok, err := at.pack.index.offset(hash)
		if err == nil && !ok {
			err = fmt.Errorf("the base %s of a delta is not in the pack", hash)
		}
		h.base = base
		return h, err
	}
	return h, fmt.Errorf("an object of unknown type %d", h.kind)
}

// distance reads how far before a delta its base stands.
func (p *packs) distance() (int64, error) {
	b, err := p.reader.ReadByte()
	back := int64(b & 0x7f)
	for err == nil && b&0x80 != 0 {
		if back >= 1<<50 {
			return 0, errors.New("a distance without end")
		}
		b, err = p.reader.ReadByte()
		back = (back+1)<<7 | int64(b&0x7f)
	}
	if err == nil && back == 0 {
		err = errors.New("a delta that builds on itself")
	}
	return back, noEOF(err)
}

// inflate reads size bytes behind a header: all that there are, held to their checksum, or the first ones. It takes no
// more memory than there is content.
func (p *packs) inflate(size int64, all bool) (_ []byte, err error) {
	if p.zlib == nil {
		p.zlib, err = zlib.NewReader(p.reader)
	} else {
		err = p.zlib.(zlib.Resetter).Reset(p.reader, nil)
	}
	if err != nil {
		return nil, noEOF(err)
	}
	limit := size
	if all {
		limit++ // the checksum is looked at where the end is met
	}
	var buf bytes.Buffer
	buf.Grow(int(min(size, 1<<20)) + bytes.MinRead)
	n, err := buf.ReadFrom(io.LimitReader(p.zlib, limit))
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	return buf.Bytes(), noEOF(err)
}

// targetSize reads from the start of a delta how long its result is.
func targetSize(delta []byte) (int64, error) {
	_, n := binary.Uvarint(delta)
	if n <= 0 {
		return 0, packfile.ErrInvalidDelta
	}
	size, m := binary.Uvarint(delta[n:])
	if m <= 0 || size > 1<<50 {
		return 0, packfile.ErrInvalidDelta
	}
	return int64(size), nil
}

// noEOF is for readers of something that has to be there: the end of the file is the end of no loop then.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
