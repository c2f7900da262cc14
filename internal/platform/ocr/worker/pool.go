package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrFailed is in the error of each run that did not end with an answer, besides the
// context's own: the child died, was too slow, or refused.
var ErrFailed = errors.New("the second reader failed")

// Pool starts children when they are needed and ends them when they are not.
type Pool struct {
	Program string        // truckflow-ocr
	Dir     string        // the library's and the networks'
	Idle    time.Duration // a child without work ends after this long; default 1 minute
	Limit   time.Duration // for one run of one network, by the clock, however busy the machine; default 1 minute

	mu     sync.Mutex
	idle   []*Child // the last one used last
	closed bool
}

// Child is one running program, of whoever took it.
type Child struct {
	pool *Pool
	cmd  *exec.Cmd
	in   io.WriteCloser
	w    *bufio.Writer
	r    *bufio.Reader
	last lastLines
	quit *time.Timer // while idle
	dead bool
}

// Take hands out an idle child or starts one; Give hands it back.
func (p *Pool) Take(ctx context.Context) (*Child, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		c.quit.Stop()
		return c, nil
	}
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, fmt.Errorf("%w: closed", ErrFailed)
	}
	return p.start(ctx)
}

func (p *Pool) start(ctx context.Context) (*Child, error) {
	c := &Child{pool: p, cmd: exec.Command(p.Program, p.Dir)}
	c.cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin", "MALLOC_ARENA_MAX=1"}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl+C is the server's to answer
	c.cmd.Stderr = &c.last
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	// Less claim to the processor than the server that people wait for. Refused or too
	// late, it only runs as everybody does.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, c.cmd.Process.Pid, 3)
	c.in, c.w, c.r = in, bufio.NewWriterSize(in, 1<<16), bufio.NewReaderSize(out, 1<<16)
	err = c.within(ctx, func() error {
		said := make([]byte, len(Greeting))
		if _, err := io.ReadFull(c.r, said); err != nil {
			return err
		}
		if string(said) != Greeting {
			return fmt.Errorf("%w: it is of another version of TruckFlow (%q)", errWire, said)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Run puts a tensor through a network. A child that did not answer is of no more use;
// Give knows.
func (c *Child) Run(ctx context.Context, q Request) (out Tensor, err error) {
	var refused error
	err = c.within(ctx, func() (err error) {
		if err = writeRequest(c.w, q); err != nil {
			return err
		}
		out, refused, err = readAnswer(c.r)
		return err
	})
	if err == nil && refused != nil {
		err = fmt.Errorf("%w: %s: %w", ErrFailed, q.Net, refused)
	}
	return out, err
}

// within does something with the child, and kills it when it takes too long.
func (c *Child) within(ctx context.Context, do func() error) error {
	if c.dead {
		return fmt.Errorf("%w: its program has ended", ErrFailed)
	}
	limit := c.pool.Limit
	if limit <= 0 {
		limit = time.Minute
	}
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stop := context.AfterFunc(timed, func() { _ = c.cmd.Process.Kill() })
	err := do()
	if stop() && err == nil {
		return nil
	}
	c.end()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case timed.Err() != nil:
		return fmt.Errorf("%w: not done in %s", ErrFailed, limit)
	}
	return fmt.Errorf("%w: %w: %s: %s", ErrFailed, err, c.cmd.ProcessState, c.last.text())
}

// Pid is the child's process.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Give hands a child back.
func (p *Pool) Give(c *Child) {
	if c.dead {
		return
	}
	idle := p.Idle
	if idle <= 0 {
		idle = time.Minute
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.end()
		return
	}
	c.quit = time.AfterFunc(idle, func() { p.retire(c) })
	p.idle = append(p.idle, c)
}

// retire ends a child that is still idle.
func (p *Pool) retire(c *Child) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.idle {
		if p.idle[i] == c {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			c.end()
			return
		}
	}
}

// Close ends the idle children; those at work end when they are given back.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.quit.Stop()
		c.end()
	}
	p.idle = nil
}

// end kills: a child holds nothing that could be lost.
func (c *Child) end() {
	if c.dead {
		return
	}
	c.dead = true
	_ = c.in.Close()
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// lastLines keeps the end of what the child complained of.
type lastLines struct {
	mu  sync.Mutex
	end []byte
}

func (l *lastLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end = append(l.end, b...)
	l.end = l.end[max(0, len(l.end)-300):]
	return len(b), nil
}

func (l *lastLines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(string(l.end))
}

// Executable reports whether the file is a program that could be run.
func Executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir() || info.Mode()&0o111 == 0:
		return fmt.Errorf("%s is no program", path)
	}
	return nil
}
