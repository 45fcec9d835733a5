package modsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	userAgent    = "modgov"
	dialTimeout  = 15 * time.Second // no host answers later than that
	maxRedirects = 10               // as net/http and go
	maxDetail    = 1 << 10          // of an error page, in bytes
)

// A client fetches small files, a limited number at a time.
type client struct {
	http    *http.Client
	timeout time.Duration
	slots   chan struct{} // shared by all waves
}

func newClient(jobs int, timeout time.Duration) *client {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &client{
		timeout: timeout,
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
		return fmt.Errorf("stopped after %d redirects", maxRedirects)
	case req.URL.Scheme != "https" && req.URL.Scheme != "http":
		return fmt.Errorf("redirected to %s, which is not followed", redact(req.URL))
	case last.Scheme == "https" && req.URL.Scheme != "https":
		return fmt.Errorf("redirected from secure URL %s to insecure URL %s", redact(last), redact(req.URL))
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
	return &Error{Kind: TooLarge, Err: errTooLarge, status: resp.StatusCode}
}

// failure turns what net/http says of a request without a whole answer into an Error. The URL that net/http quotes is
// left out: it stands in From, without credentials.
func (c *client) failure(ctx context.Context, err error) *Error {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	var netErr net.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Error{
			Kind: Timeout,
			Err:  fmt.Errorf("no whole answer within %v", c.timeout),
			Hint: "the proxy hangs or is very slow; try again, or name another one in GOPROXY",
		}
	case errors.As(err, &netErr) && netErr.Timeout():
		return &Error{
			Kind: Timeout,
			Err:  err,
			Hint: "the host does not answer; try again, or name another one in GOPROXY",
		}
	}
	return &Error{Kind: Transport, Err: err}
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
	}
	e.Err = errors.New(text)
	return e
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
