// Command assets fetches the third-party files that are never committed: what is
// built into the binary (browser libraries, the open data behind the gazetteer) and
// what lies beside it (the second reader's library and networks). What to fetch, in which exact bytes, stands in
// internal/web/static/vendor.lock.json; nothing else is downloaded, and no
// Node is needed. Run it from anywhere inside the repository:
//
//	go run -C tools ./assets
//
// It does nothing when the outputs already are what the lock says.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

const lockPath = "internal/web/static/vendor.lock.json"

// stampPath lies outside the embedded folders: it must not reach the binary.
const (
	stampPath = ".tools/assets.stamp"
	tempDir   = ".tools"
)

// packVersion is part of the stamp: raise it when a packer's output changes.
const packVersion = "5"

func main() {
	verbose := flag.Bool("v", false, "say what is kept and where tarballs are cached")
	force := flag.Bool("force", false, "write every file again even when nothing changed")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "Usage: go run -C tools ./assets [-v] [-force]\n\n"+
			"Fetches what %s names and packs the gazetteer.\n"+
			"NPM_CONFIG_REGISTRY names another registry.\n\n", lockPath)
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *force, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, force, verbose bool) error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	lock, sum, err := readLock(filepath.Join(root, lockPath))
	if err != nil {
		return err
	}
	if !force && upToDate(root, sum) {
		if verbose {
			fmt.Println("assets: up to date")
		}
		return nil
	}
	reg, err := newRegistry()
	if err != nil {
		return err
	}
	outputs := map[string]string{}
	for _, p := range lock.Packages {
		tarball, err := reg.tarball(ctx, p)
		if err != nil {
			return err
		}
		files, err := p.outputs(tarball)
		if err != nil {
			return fmt.Errorf("%s@%s: %w", p.Name, p.Version, err)
		}
		for to, data := range files {
			if err := writeFile(filepath.Join(root, to), filepath.Join(root, tempDir), data); err != nil {
				return err
			}
			outputs[to] = digest(data)
			fmt.Printf("assets: %-52s %8d bytes  %s %s\n", to, len(data), p.Name, p.Version)
		}
	}
	if verbose {
		fmt.Println("assets: tarballs kept in", reg.cache)
	}
	return writeStamp(root, stamp{Lock: sum, Outputs: outputs})
}

// stamp records which lock produced which outputs.
type stamp struct {
	Lock    string            `json:"lock"`
	Outputs map[string]string `json:"outputs"`
}

func writeStamp(root string, s stamp) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(root, stampPath), filepath.Join(root, tempDir), data)
}

// upToDate compares the outputs' bytes, not their times: a checkout or a copy
// changes times, a half-written file keeps them.
func upToDate(root, lock string) bool {
	data, err := os.ReadFile(filepath.Join(root, stampPath))
	if err != nil {
		return false
	}
	var s stamp
	if json.Unmarshal(data, &s) != nil || s.Lock != lock {
		return false
	}
	for to, want := range s.Outputs {
		data, err := os.ReadFile(filepath.Join(root, to))
		if err != nil || digest(data) != want {
			return false
		}
	}
	return true
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// findRoot walks up from the working directory to the folder with the lock.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, lockPath)); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New(lockPath + " is in no folder above; run inside the repository")
		}
		dir = up
	}
}

// writeFile replaces path in one step, so that a build running at the same
// time never embeds half a file. The file is first written in temp, a folder
// on the same disk that nothing embeds.
func writeFile(path, temp string, data []byte) error {
	for _, dir := range []string{filepath.Dir(path), temp} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp(temp, "assets-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, werr := f.Write(data)
	if err := errors.Join(werr, f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}
