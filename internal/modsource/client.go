package modsource

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const (
	userAgent    = "modgov"
	dialTimeout  = 15 * time.Second // no host answers later than that
	maxRedirects = 10               // as net/http and go
	maxDetail    = 1 << 10          // of an error page, in bytes
	firstPause   = 100 * time.Millisecond
)

// errRedirect is wrapped by the errors of redirects that are not followed.
var errRedirect = errors.New("redirect refused")

// A client fetches small files, a limited number at a time.
type client struct {
	http    *http.Client
	timeout time.Duration // for one request
	first   time.Duration // the first pause before a request is made again; further ones are longer
	slots   chan struct{} // shared by all waves
}

func newClient(jobs int, timeout time.Duration) *client {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &client{
		timeout: timeout,
		first:   firstPause,
		slots:   make(chan struct{}, jobs),
		http: &http.Client{
			CheckRedirect: checkRedirect,
			Transport: &http.Transport{
				Proxy:                  http.ProxyFromEnvironment,
				DialContext:            dialer.DialContext,
				ForceAttemptHTTP2:      true,
				MaxConnsPerHost:        jobs,
				MaxIdleConnsPerHost:    jobs,
				MaxResponseHeaderBytes: 1 << 20,
				IdleConnTimeout:        90 * time.Second,
				TLSHandshakeTimeout:    dialTimeout,
			},
		},
	}
}

// checkRedirect follows to http and https only, and never from https to http: whoever controls the line could then
// choose the answer.
func checkRedirect(req *http.Request, via []*http.Request) error {
	last := via[len(via)-1].URL
	switch {
	case len(via) >= maxRedirects:
		return fmt.Errorf("%w: stopped after %d redirects", errRedirect, maxRedirects)
	case req.URL.Scheme != "https" && req.URL.Scheme != "http":
		return fmt.Errorf("%w: redirected to %s, which is not followed", errRedirect, redact(req.URL))
	case last.Scheme == "https" && req.URL.Scheme != "https":
		return fmt.Errorf("%w: redirected from secure URL %s to insecure URL %s", errRedirect, redact(last), redact(req.URL))
	}
	return nil
}

// get returns the body of a URL, at most maxFile bytes, within the time limit. The error has no From yet.
func (c *client) get(ctx context.Context, u *url.URL) ([]byte, *Error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, &Error{Kind: Transport, Err: ctx.Err()}
	}
	if u.Scheme == "file" {
		return getFile(u)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	req.Header.Set("User-Agent", userAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp, u)
	}
	if resp.ContentLength > maxFile {
		return nil, tooLarge(resp)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxFile+1))
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	if len(data) > maxFile {
		return nil, tooLarge(resp)
	}
	return data, nil
}

func tooLarge(resp *http.Response) *Error {
	return &Error{Kind: TooLarge, Err: errTooLarge, status: resp.StatusCode,
		Hint: "no go.mod file is that large: something else answers in the proxy's place"}
}

// failure turns what net/http says of a request without a whole answer into an Error. The URL that net/http quotes is
// left out: it stands in From, without credentials.
func (c *client) failure(ctx context.Context, err error) *Error {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	e := &Error{Kind: Transport, Err: err, passing: passes(err)}
	var netErr net.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		e.Kind, e.passing = Timeout, true
		e.Err = fmt.Errorf("no whole answer within %v", c.timeout)
		e.Hint = "the proxy hangs or is very slow; try again, or name another one in GOPROXY"
	case errors.As(err, &netErr) && netErr.Timeout():
		e.Kind, e.passing = Timeout, true
		e.Hint = "the host does not answer; try again, or name another one in GOPROXY"
	}
	return e
}

// passes reports whether a request without an answer may have one the next time. A host that does not exist, a
// certificate that is not trusted and a redirect that is not followed stay what they are.
func passes(err error) bool {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	return !(errors.As(err, &dns) && dns.IsNotFound) && !errors.As(err, &cert) && !errors.Is(err, errRedirect)
}

// pause waits before a request is made again, for as long as the server asked or, if it did not, longer after each
// try and never equally long, so that the 32 requests of a wave do not come back as one. It reports whether the
// request should be made: not if ctx has ended, and not if the server asks for more patience than is reasonable.
func (c *client) pause(ctx context.Context, try int, wait time.Duration) bool {
	if wait > maxPause {
		return false
	}
	if wait == 0 {
		wait = c.first << (try - 1)
		wait = wait/2 + rand.N(wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// refusal is the error of an answer other than 200. The host is named where a redirect led elsewhere, and the first
// line of a plain text answer is quoted, as proxies explain themselves there.
func refusal(resp *http.Response, asked *url.URL) *Error {
	e := &Error{Kind: Transport, status: resp.StatusCode}
	text := resp.Status
	if to := resp.Request.URL; to.Host != asked.Host {
		text += " from " + to.Host
	}
	if detail := explanation(resp); detail != "" {
		text += ": server response: " + detail
	}
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		e.Kind = NotFound
		e.Hint = "check that the version exists; a proxy may remember for half an hour that it did not"
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Hint = "the proxy wants credentials: GOAUTH and .netrc are used where the go command is on PATH"
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.passing = true
		if e.wait = retryAfter(resp.Header, time.Now()); e.wait > maxPause {
			e.Hint = fmt.Sprintf("the server asks for a pause of %v; try again then", e.wait.Round(time.Second))
		}
	}
	e.Err = errors.New(text)
	return e
}

// retryAfter returns how long a server asks to wait, in seconds or until a date; 0 if it does not.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// explanation returns the first line of an error page in plain text. Reading some of the body lets the connection
// be used again.
func explanation(resp *http.Response) string {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDetail))
	if media, _, mediaErr := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || mediaErr != nil ||
		media != "text/plain" {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	return oneLine(strings.ToValidUTF8(line, "\uFFFD"))
}

// getFile reads a file: URL as the go command does; only a file that does not exist counts as not found.
func getFile(u *url.URL) ([]byte, *Error) {
	name, err := filePath(u)
	if err != nil {
		return nil, &Error{Kind: Setting, Err: err}
	}
	data, err := readFile(name)
	switch {
	case err == nil:
		return data, nil
	case errors.Is(err, errTooLarge):
		return nil, &Error{Kind: TooLarge, Err: err}
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{Kind: NotFound, Err: pathless(err)}
	}
	return nil, &Error{Kind: Transport, Err: pathless(err)}
}

// filePath returns the file that a file: URL without a host names (cmd/go/internal/web urlToFilePath).
func filePath(u *url.URL) (string, error) {
	name := filepath.FromSlash(u.Path)
	if runtime.GOOS == "windows" { // file:///C:/dir has the path /C:/dir
		name = strings.TrimPrefix(name, `\`)
	}
	if !filepath.IsAbs(name) {
		return "", errors.New("path is not absolute")
	}
	return name, nil
}
