package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

const (
	maxTarball = 64 << 20
	maxFile    = 32 << 20
	maxEntries = 20_000
	attempts   = 4
)

// registry downloads tarballs from one npm registry through a cache.
type registry struct {
	url    string
	cache  string // "" when there is no home to cache in
	client *http.Client
	pause  time.Duration // before the second attempt; doubles
}

func newRegistry() (*registry, error) {
	url := cmp.Or(os.Getenv("NPM_CONFIG_REGISTRY"), os.Getenv("npm_config_registry"), "https://registry.npmjs.org")
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		return nil, fmt.Errorf("NPM_CONFIG_REGISTRY must be an http address, not %q", url)
	}
	r := &registry{url: strings.TrimRight(url, "/"), client: &http.Client{Timeout: 2 * time.Minute}, pause: time.Second}
	if dir, err := os.UserCacheDir(); err == nil {
		r.cache = filepath.Join(dir, "truckflow", "npm")
	}
	return r, nil
}

// tarball returns the package's verified tarball. A cached one is verified
// again: a cache is not trusted more than the network.
func (r *registry) tarball(ctx context.Context, p pkg) ([]byte, error) {
	kept := ""
	if r.cache != "" {
		kept = filepath.Join(r.cache, strings.ReplaceAll(p.Name, "/", "+")+"-"+p.Version+".tgz")
		if data, err := os.ReadFile(kept); err == nil && verify(data, p.Integrity) == nil {
			return data, nil
		}
	}
	data, err := r.download(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := verify(data, p.Integrity); err != nil {
		return nil, fmt.Errorf("%s@%s from %s: %w", p.Name, p.Version, r.url, err)
	}
	if kept != "" { // a full or read-only home costs a download next time, no more
		_ = writeFile(kept, r.cache, data)
	}
	return data, nil
}

func (r *registry) download(ctx context.Context, p pkg) ([]byte, error) {
	url := fmt.Sprintf("%s/%s/-/%s-%s.tgz", r.url, p.Name, path.Base(p.Name), p.Version)
	var last error
	for i := range attempts {
		if i > 0 {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(r.pause << (i - 1)):
			}
		}
		data, again, err := r.get(ctx, url)
		if err == nil {
			return data, nil
		}
		if last = err; !again {
			break
		}
	}
	return nil, fmt.Errorf("downloading %s: %w (is the registry reachable? NPM_CONFIG_REGISTRY names another)", url, last)
}

// get fetches url once and says whether asking again could help.
func (r *registry) get(ctx context.Context, url string) (data []byte, again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, false, err
	}
	res, err := r.client.Do(req)
	if err != nil {
		return nil, ctx.Err() == nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests, errors.New(res.Status)
	}
	data, err = io.ReadAll(io.LimitReader(res.Body, maxTarball+1))
	if err == nil && len(data) > maxTarball {
		return nil, false, fmt.Errorf("larger than %d bytes", maxTarball)
	}
	return data, true, err
}

// verify compares data with npm's integrity string.
func verify(data []byte, integrity string) error {
	sum := sha512.Sum512(data)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != integrity {
		return fmt.Errorf("the bytes are not those of the lock: %s, want %s", got, integrity)
	}
	return nil
}

// extract returns the wanted regular files of an npm tarball by their path
// inside the package. Names are only compared, never joined to a path, so an
// entry cannot choose where it is written.
func extract(tarball []byte, want map[string]bool) (map[string][]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	// The limit stops a bomb; the largest package in the lock unpacks to 30 MB.
	tr := tar.NewReader(io.LimitReader(zr, 4*maxTarball))
	for range maxEntries {
		h, err := tr.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		_, name, _ := strings.Cut(h.Name, "/") // "package/…" by custom, not by rule
		if h.Typeflag != tar.TypeReg || !want[name] {
			continue
		}
		if h.Size > maxFile {
			return nil, fmt.Errorf("%s is larger than %d bytes", name, maxFile)
		}
		if out[name], err = io.ReadAll(tr); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("more than %d entries", maxEntries)
}
