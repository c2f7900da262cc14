package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// lockFile is the shape of vendor.lock.json.
type lockFile struct {
	Packages []pkg `json:"packages"`
}

// pkg is one npm package in one exact version.
type pkg struct {
	Name      string `json:"name"`
	Version   string `json:"version"`
	License   string `json:"license"`
	Integrity string `json:"integrity"` // as npm publishes it: "sha512-" + base64
	Files     []file `json:"files"`
}

// file is one file of a package and where it goes, relative to the repository.
type file struct {
	From string `json:"from"`           // path inside the package, without "package/"
	To   string `json:"to"`             // path in the repository
	Arch string `json:"arch,omitempty"` // of the machine it is for, as Go names it; "" for all
	Pack string `json:"pack,omitempty"` // "" copies; else a name in packers
}

// packers turn a downloaded file into what the program embeds.
var packers = map[string]func([]byte) ([]byte, error){
	"places":   packPlaces,
	"outlines": packOutlines,
}

// outputDirs are the only folders this command writes to; all are git-ignored
// or hold git-ignored names only.
var outputDirs = []string{"internal/web/static/vendor/", "internal/routing/gazetteer/", "lib/truckflow/ocr/"}

var (
	nameRE    = regexp.MustCompile(`^(@[a-z0-9._-]+/)?[a-z0-9][a-z0-9._-]*$`)
	versionRE = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)
)

// readLock returns the lock and a digest of it together with packVersion.
func readLock(name string) (lockFile, string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return lockFile{}, "", err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var l lockFile
	if err := dec.Decode(&l); err != nil {
		return lockFile{}, "", fmt.Errorf("%s: %w", lockPath, err)
	}
	for _, p := range l.Packages {
		if err := p.check(); err != nil {
			return lockFile{}, "", fmt.Errorf("%s: %s: %w", lockPath, p.Name, err)
		}
	}
	return l, digest(append(data, packVersion...)), nil
}

func (p pkg) check() error {
	switch {
	case !nameRE.MatchString(p.Name):
		return fmt.Errorf("%q is not a package name", p.Name)
	case !versionRE.MatchString(p.Version):
		return fmt.Errorf("%q is not one exact version", p.Version)
	case !strings.HasPrefix(p.Integrity, "sha512-"):
		return fmt.Errorf("integrity must be sha512")
	}
	for _, f := range p.Files {
		if f.Pack != "" && packers[f.Pack] == nil {
			return fmt.Errorf("no packer %q", f.Pack)
		}
		if err := checkOutput(f.To); err != nil {
			return err
		}
	}
	return nil
}

// checkOutput refuses every path that could leave the output folders.
func checkOutput(to string) error {
	if to == path.Clean(to) && !strings.Contains(to, `\`) {
		for _, dir := range outputDirs {
			if strings.HasPrefix(to, dir) {
				return nil
			}
		}
	}
	return fmt.Errorf("%q is not under %s", to, strings.Join(outputDirs, " or "))
}

// outputs returns the package's files ready to write, by repository path.
func (p pkg) outputs(tarball []byte) (map[string][]byte, error) {
	files := slices.DeleteFunc(slices.Clone(p.Files), func(f file) bool { return f.Arch != "" && f.Arch != runtime.GOARCH })
	want := map[string]bool{}
	for _, f := range files {
		want[f.From] = true
	}
	got, err := extract(tarball, want)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, f := range files {
		data, ok := got[f.From]
		if !ok {
			return nil, fmt.Errorf("the tarball has no %s", f.From)
		}
		if pack := packers[f.Pack]; pack != nil {
			if data, err = pack(data); err != nil {
				return nil, fmt.Errorf("packing %s: %w", f.From, err)
			}
		}
		out[f.To] = data
	}
	return out, nil
}
