package repo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sort"

	"github.com/go-git/go-git/v5/plumbing"
)

// A packIndex says where in a pack an object stands, by its name. Of the file, in version 2 of gitformat-pack(5), only
// the names that begin with the bytes asked for are read.
type packIndex struct {
	file   io.ReaderAt
	size   int64
	fanout [256]uint32 // how many names begin with this byte or a lesser one
	names  [256][]byte // by their first byte, those that were read
}

// Where the parts of an index are, and how long an entry of each is.
const (
	indexNames = 8 + 256*4
	nameSize   = 20
	smallIndex = 1 << 20 // is read whole: a repository may have more packs than a process may have open files
)

var errIndex = errors.New("it is no pack index of version 2")

func openPackIndex(name string) (*packIndex, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	x := &packIndex{file: file}
	info, err := file.Stat()
	if err == nil {
		x.size = info.Size()
		err = x.readHead()
	}
	if err == nil && x.size <= smallIndex {
		data := make([]byte, x.size)
		_, err = file.ReadAt(data, 0)
		x.file = bytes.NewReader(data)
		err = errors.Join(err, file.Close())
	} else if err != nil {
		err = errors.Join(err, file.Close())
	}
	return x, err
}

// readHead reads the head and the numbers of names, and holds them to the size of the file.
func (x *packIndex) readHead() error {
	var head [indexNames]byte
	if _, err := x.file.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(head[:8]) != "\xfftOc\x00\x00\x00\x02" {
		return errIndex
	}
	before := uint32(0)
	for i := range x.fanout {
		x.fanout[i] = binary.BigEndian.Uint32(head[8+4*i:])
		if x.fanout[i] < before {
			return errIndex
		}
		before = x.fanout[i]
	}
	if x.size < indexNames+int64(x.count())*(nameSize+4+4)+2*nameSize {
		return errIndex
	}
	return nil
}

func (x *packIndex) count() uint32 { return x.fanout[255] }

func (x *packIndex) close() error {
	if c, ok := x.file.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// offset returns where in the pack an object begins, false if it is not in it.
func (x *packIndex) offset(hash plumbing.Hash) (int64, bool, error) {
	first := hash[0]
	start := uint32(0)
	if first > 0 {
		start = x.fanout[first-1]
	}
	n := int(x.fanout[first] - start)
	if n == 0 {
		return 0, false, nil
	}
	if x.names[first] == nil {
		names := make([]byte, n*nameSize)
		if _, err := x.file.ReadAt(names, indexNames+int64(start)*nameSize); err != nil {
			return 0, false, noEOF(err)
		}
		x.names[first] = names
	}
	names := x.names[first]
	i := sort.Search(n, func(i int) bool { return bytes.Compare(names[i*nameSize:(i+1)*nameSize], hash[:]) >= 0 })
	if i == n || !bytes.Equal(names[i*nameSize:(i+1)*nameSize], hash[:]) {
		return 0, false, nil
	}
	offset, err := x.entry(int64(start) + int64(i))
	return offset, err == nil, err
}

// entry reads the offset of the object with a number. Those of 2 GB and more stand in a table of their own.
func (x *packIndex) entry(i int64) (int64, error) {
	const large = 1 << 31
	count := int64(x.count())
	offsets := indexNames + count*(nameSize+4)
	var b [8]byte
	if _, err := x.file.ReadAt(b[:4], offsets+4*i); err != nil {
		return 0, noEOF(err)
	}
	offset := int64(binary.BigEndian.Uint32(b[:]))
	if offset < large {
		return offset, nil
	}
	if _, err := x.file.ReadAt(b[:], offsets+4*count+8*(offset-large)); err != nil {
		return 0, noEOF(err)
	}
	return int64(binary.BigEndian.Uint64(b[:]) &^ (1 << 63)), nil
}
