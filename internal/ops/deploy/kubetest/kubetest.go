// Package kubetest lets tests ask the judge of charts and manifests, tools/kube: a
// module of its own, whose libraries the program must not carry.
package kubetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// Main is the TestMain of a package whose tests ask: it removes what was built. The
// tests' result is the process's without os.Exit.
func Main(m *testing.M) {
	m.Run()
	if build.path != "" {
		_ = os.RemoveAll(filepath.Dir(build.path))
	}
}

// Tool builds the judge once for a test's process and returns its path.
func Tool(t *testing.T) string {
	t.Helper()
	build.Do(func() {
		var dir string
		if dir, build.err = os.MkdirTemp("", "truckflow-kube-"); build.err != nil {
			return
		}
		build.path = filepath.Join(dir, "truckflow-kube")
		cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", build.path, ".")
		cmd.Dir = source()
		build.said, build.err = cmd.CombinedOutput()
	})
	if build.err != nil {
		t.Fatalf("tools/kube: %v: %s", build.err, build.said)
	}
	return build.path
}

var build struct {
	sync.Once
	path string
	said []byte
	err  error
}

// Ask runs the judge with absolute paths, where its modules are, so that the CRDs'
// schemas are looked at. ok is false when it found a fault.
func Ask(t *testing.T, args ...string) (said string, ok bool) {
	t.Helper()
	cmd := exec.Command(Tool(t), args...)
	cmd.Dir = source()
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func source() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "../../../../tools/kube")
}
