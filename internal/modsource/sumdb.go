package modsource

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
)

// A sumDB asks the checksum database that GOSUMDB names for the hashes that no go.sum line has (go-semantics 6.9,
// modfetch sumdb.go). The proofs are those of golang.org/x/mod/sumdb; lookups, tiles and the latest tree head are kept
// where the go command keeps them, under its locks. It may be used by several goroutines at once.
type sumDB struct {
	s   *Source
	err error // why GOSUMDB cannot be understood
	key string
	// name is the name in the key, such as sum.example; tree head, lookups and tiles are kept by it.
	name     string
	direct   *proxy // https://NAME
	explicit *proxy // the URL of GOSUMDB, nil if it has none

	finding sync.Mutex // guards base and baseErr, and is held while they are found out
	base    *proxy     // where the database is asked, once that is known
	baseErr *Error     // why it cannot be asked at all

	mu      sync.Mutex // guards what follows
	clients map[bool]*sumClient
	fork    *Error // the database was caught lying: nothing that it says counts any more
}

// A sumClient is a client of the database that works for one context. Several versions share it, as most of the work is
// to prove that the database did not change its past.
type sumClient struct {
	*sumdb.Client
	*sumOps
}

// newSumDB reads GOSUMDB and asks nobody.
func newSumDB(s *Source) *sumDB {
	d := &sumDB{s: s, clients: make(map[bool]*sumClient)}
	if d.err = d.parse(s.o.Settings.Get("GOSUMDB")); d.err != nil {
		d.err = fmt.Errorf("invalid GOSUMDB: %w", d.err)
	}
	return d
}

// parse reads "KEY" or "KEY URL", where KEY may be a name whose key everybody knows (modfetch dbDial).
func (d *sumDB) parse(text string) error {
	words := strings.Fields(text)
	switch {
	case text == "off":
		return errors.New("it is off")
	case len(words) == 0:
		return errors.New("it is not set")
	case len(words) > 2:
		return errors.New("too many fields")
	}
	d.key = knownKey(d.s.o.Settings.Get("GOROOT"), words[0])
	verifier, err := note.NewVerifier(d.key)
	if err != nil {
		return fmt.Errorf("no key is known for %q: %w", words[0], err)
	}
	d.name = verifier.Name()
	direct, err := url.Parse("https://" + d.name)
	if err != nil || direct.Host == "" || strings.HasSuffix(d.name, "/") ||
		*direct != (url.URL{Scheme: "https", Host: direct.Host, Path: direct.Path}) {
		return fmt.Errorf("its name must be host[/path]: %q", d.name)
	}
	d.direct = &proxy{base: direct}
	if len(words) == 2 {
		base, err := parseProxy(words[1])
		if err != nil {
			return fmt.Errorf("its URL: %w", err)
		}
		d.explicit = &proxy{base: base}
	}
	return nil
}

// knownKey returns the key that the go command has built in for a name; any other word is a key itself. The keys stand
// in one file of the Go installation, as a map from names to keys (modfetch knownGOSUMDB), and modgov has none of its
// own: an installation without that file needs the whole key in GOSUMDB.
func knownKey(goroot, word string) string {
	file := filepath.Join(goroot, "src", "cmd", "go", "internal", "modfetch", "key.go")
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if goroot == "" || err != nil {
		return word // as a key it is refused, unless it is one
	}
	key := word
	ast.Inspect(parsed, func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		if name, ok := stringLiteral(pair.Key); ok && name == word {
			if value, ok := stringLiteral(pair.Value); ok {
				key = value
			}
		}
		return true
	})
	return key
}

func stringLiteral(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// check compares the hash of a go.mod file with the one in the database. The error is nil if they are equal. Its kind
// is Checksum if they differ, and if the answer cannot be authenticated; with any other kind there was no answer, and
// the hash is as good or bad as before. A local check asks nobody, it looks at what was said before.
func (d *sumDB) check(ctx context.Context, mod module.Version, hash string, local bool) *Error {
	lines, err := d.lookup(ctx, module.Version{Path: mod.Path, Version: mod.Version + "/go.mod"}, local)
	if err != nil {
		return err
	}
	prefix := mod.Path + " " + mod.Version + "/go.mod "
	for _, line := range lines {
		switch known := strings.TrimPrefix(line, prefix); {
		case known == hash:
			return nil
		case strings.HasPrefix(known, "h1:"):
			return &Error{
				Kind: Checksum,
				Err: fmt.Errorf("checksum mismatch: downloaded: %s, %s: %s: SECURITY ERROR: This download does NOT match the "+
					"one reported by the checksum server", hash, d.name, known),
				Hint: "the bits may have been replaced on the origin server, or on the way; do not use them",
			}
		}
	}
	return &Error{
		Kind: Checksum,
		Err: errors.New("checksum missing from sumdb response: SECURITY ERROR: This download does NOT match one reported " +
			"by the checksum server"),
		Hint: "the checksum server may be malfunctioning, or its answer was changed on the way; do not use the download",
	}
}

// lookup returns the go.sum lines that the database has for a module version, or its go.mod file.
func (d *sumDB) lookup(ctx context.Context, mod module.Version, local bool) ([]string, *Error) {
	if d.err != nil {
		return nil, &Error{Kind: Setting, Err: d.err, Hint: "correct GOSUMDB"}
	}
	for {
		c := d.client(ctx, local)
		lines, err := c.Lookup(mod.Path, mod.Version)
		fork := d.caught(c)
		switch {
		case fork != nil:
			return nil, fork
		case err == nil:
			return lines, nil
		case ctx.Err() != nil:
			return nil, &Error{Kind: Transport, Err: ctx.Err()}
		case c.ctx.Err() == nil:
			return nil, c.failure(err)
		} // the client was that of another call, which was cancelled
	}
}

// client returns a client whose context has not ended.
func (d *sumDB) client(ctx context.Context, local bool) *sumClient {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.clients[local]
	if c == nil || c.ctx.Err() != nil {
		ops := &sumOps{db: d, ctx: ctx, local: local}
		c = &sumClient{sumdb.NewClient(ops), ops}
		d.clients[local] = c
	}
	return c
}

// caught returns the error of a database that was caught lying, by this client or another one.
func (d *sumDB) caught(c *sumClient) *Error {
	report := c.report()
	d.mu.Lock()
	defer d.mu.Unlock()
	if report != "" && d.fork == nil {
		d.fork = &Error{
			Kind:   Checksum,
			Err:    errors.New("SECURITY ERROR: go.sum database server misbehavior detected"),
			Hint:   "the checksum database " + d.name + " tells different people different things; keep the report",
			Report: report,
			final:  true,
		}
	}
	if d.fork == nil {
		return nil
	}
	fork := *d.fork
	return &fork
}

// failure tells an answer that did not come from one that cannot be true. In what was kept of earlier answers, anything
// but a fork is taken for damage.
func (c *sumClient) failure(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		copied := *known
		return &copied
	}
	if c.local || c.unheard(err) {
		return &Error{Kind: Transport, Err: err}
	}
	return &Error{
		Kind: Checksum,
		Err:  fmt.Errorf("the answer of the checksum database %s cannot be authenticated: %w", c.db.name, err),
		Hint: "GOSUMDB may name the wrong key, something on the way may answer in the database's place, or what is kept " +
			"of it in GOMODCACHE/cache/download/sumdb may be damaged",
	}
}

// remote returns where the database is asked: by the URL of GOSUMDB, else through the first proxy that offers it, else
// directly. A proxy that offers it is asked even if it fails later (modfetch initBase).
func (d *sumDB) remote(ctx context.Context) (*proxy, *Error) {
	d.finding.Lock()
	defer d.finding.Unlock()
	if d.base == nil && d.baseErr == nil {
		base, err := d.findRemote(ctx)
		if ctx.Err() != nil {
			return nil, &Error{Kind: Transport, Err: ctx.Err()}
		}
		d.base, d.baseErr = base, err
	}
	return d.base, d.baseErr
}

func (d *sumDB) findRemote(ctx context.Context) (*proxy, *Error) {
	if d.explicit != nil {
		return d.explicit, nil
	}
	var base *proxy
	handover, err := d.s.walk(ctx, func(p *proxy) *Error {
		_, _, err := d.s.ask(ctx, p, "sumdb/"+d.name+"/supported")
		if err == nil {
			base = &proxy{base: p.at("sumdb/" + d.name)}
		}
		return err
	})
	switch {
	case base != nil:
		return base, nil
	case handover == "direct", handover == "" && err.missing():
		return d.direct, nil
	}
	return nil, err
}
