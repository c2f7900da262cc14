// Command ollama builds the real Ollama from the Go module proxy, gives it a tiny
// model of random weights, and runs the engines' suite and the failure drills
// against it. It says nothing about what a model knows: protocol, grammar,
// queueing and cancelling are what is tested. Needs a C++ compiler and the
// packages nlohmann-json3-dev and libstb-dev.
//
//	go run ./scripts/ollama [-bin FILE]
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

const module = "github.com/ollama/ollama@v0.17.4"

func main() {
	bin := flag.String("bin", "", "an Ollama that is built already")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *bin); err != nil {
		fmt.Fprintln(os.Stderr, "ollama:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, bin string) error {
	dir, err := os.MkdirTemp("", "truckflow-ollama-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if bin == "" {
		if bin, err = build(ctx); err != nil {
			return err
		}
	}
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	// One answer at a time, and room for four to wait while a model is loaded.
	env := append(os.Environ(), "OLLAMA_HOST="+addr, "OLLAMA_MODELS="+filepath.Join(dir, "models"), "HOME="+dir, "OLLAMA_NUM_PARALLEL=1", "OLLAMA_MAX_QUEUE=4", "OLLAMA_NOHISTORY=1")
	log, err := os.Create(filepath.Join(dir, "ollama.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	server := exec.CommandContext(ctx, bin, "serve")
	server.Env, server.Stdout, server.Stderr = env, log, log
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	if err := server.Start(); err != nil {
		return err
	}
	defer func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	}()
	if err := answers(ctx, "http://"+addr); err != nil {
		return err
	}
	if err := create(ctx, bin, dir, env); err != nil {
		return err
	}
	test := exec.CommandContext(ctx, "go", "test", "./internal/platform/llm/ollamallm", "-run", "TestRealOllama", "-ollama", "http://"+addr, "-count=1", "-v", "-timeout", "10m")
	test.Stdout, test.Stderr = os.Stdout, os.Stderr
	return test.Run()
}

// build installs the server where Go keeps programs of this checkout. Its module
// leaves out the headers of others: two come from the distribution, and of the
// third, for sound, miniaudio/miniaudio.h says that there is none.
func build(ctx context.Context) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	to := filepath.Join(here, ".tools", "ollama")
	bin := filepath.Join(to, "ollama")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	c := exec.CommandContext(ctx, "go", "install", module)
	c.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=-mod=mod", "GOBIN="+to, "CGO_CPPFLAGS=-I"+filepath.Join(here, "scripts", "ollama"))
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	fmt.Println("building", module, "(some minutes)")
	return bin, c.Run()
}

func freeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// answers waits until the server listens.
func answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := (&http.Client{}).Do(req)
		if err == nil {
			return res.Body.Close()
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the server does not answer: %w", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// create gives the server its model.
func create(ctx context.Context, bin, dir string, env []string) error {
	gguf := filepath.Join(dir, "tiny.gguf")
	if err := writeModel(gguf); err != nil {
		return err
	}
	file := filepath.Join(dir, "Modelfile") // one thread: several wait for each other at every layer, long on a busy machine
	if err := os.WriteFile(file, []byte("FROM "+gguf+"\nTEMPLATE \"\"\"{{ range .Messages }}{{ .Role }}: {{ .Content }}\n{{ end }}assistant: \"\"\"\nPARAMETER num_thread 1\n"), 0o600); err != nil {
		return err
	}
	c := exec.CommandContext(ctx, bin, "create", "tiny", "-f", file)
	c.Env = env
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("the model is refused: %w: %s", err, out)
	}
	return nil
}
