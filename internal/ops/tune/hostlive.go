package tune

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
)

// hostFiles are what Apply writes on a host, with what they hold.
var hostFiles = []struct {
	path   string
	render func([]Setting) string
}{
	{"etc/sysctl.d/60-truckflow.conf", SysctlConf},
	{"etc/security/limits.d/60-truckflow.conf", LimitsConf},
	{"etc/tmpfiles.d/truckflow.conf", TmpfilesConf},
}

const hostHead = "# Written by truckflow tune host; truckflow tune host --undo takes it away.\n"

// LocalHost is the host whose files lie below Root: "/", or an image's folder.
type LocalHost struct{ Root string }

// live is the file that shows a setting's value, "" when there is none.
func (h LocalHost) live(s Setting) string {
	switch s.Place {
	case sysctlPlace:
		return filepath.Join(h.Root, "proc/sys", strings.ReplaceAll(s.Name, ".", "/"))
	case tmpfilesPlace:
		return filepath.Join(h.Root, s.Name)
	}
	return ""
}

func (h LocalHost) read(s Setting) (string, error) {
	b, err := os.ReadFile(h.live(s))
	v := strings.Join(strings.Fields(string(b)), " ")
	if i := strings.IndexByte(v, '['); i >= 0 && s.Place == tmpfilesPlace { // "always [madvise] never"
		v, _, _ = strings.Cut(v[i+1:], "]")
	}
	return v, err
}

// Compare says what differs from all. Limits are those of the process we are.
func (h LocalHost) Compare(all []Setting) []Change {
	now := map[string]string{}
	for _, s := range all {
		if s.Place == limitsPlace {
			if v, ok := ownLimit(h.Root, s.Name); ok {
				now[s.Name] = v
			}
		} else if v, err := h.read(s); err == nil {
			now[s.Name] = v
		}
	}
	return compare(all, now, "this kernel, or this container, does not show it")
}

// ownLimit reads a limit of our own process (soft).
func ownLimit(root, name string) (string, bool) {
	b, err := os.ReadFile(filepath.Join(root, "proc/self/limits"))
	label := map[string]string{"nofile": "Max open files"}[name]
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, label); ok && label != "" && err == nil {
			if f := strings.Fields(rest); len(f) > 0 {
				return f[0], true
			}
		}
	}
	return "", false
}

// Apply writes the files and loads the kernel's settings. What was there before
// is kept in undo first. Limits and the systemd units' own need a new session.
func (h LocalHost) Apply(all []Setting, undo string) (Applied, error) {
	out := Applied{Undo: undo, Changed: []Change{}, Restart: []string{}}
	if err := h.commits(all); err != nil {
		return out, err
	}
	var prev []before
	for _, f := range hostFiles {
		b := before{Name: f.path, Kind: "file"}
		if data, err := os.ReadFile(filepath.Join(h.Root, f.path)); err == nil {
			v := string(data)
			b.Value = &v
		} else if !errors.Is(err, fs.ErrNotExist) {
			return out, err
		}
		prev = append(prev, b)
	}
	var files []Setting // without what is greater already: a file would lower it at the next boot
	for _, c := range h.Compare(all) {
		if c.AtLeast && c.Now != nil && !c.Differs && !same(*c.Now, c.Value) {
			continue
		}
		files = append(files, c.Setting)
		if c.Now == nil || !c.Differs || c.Place == limitsPlace {
			continue
		}
		if err := writable(h.live(c.Setting)); err != nil {
			return Applied{}, errs.Forbidden("%s may not be written", h.live(c.Setting)).
				Hint("run as root on the host itself: sudo truckflow tune host --apply; a container cannot change its host's kernel").Wrap(err)
		}
		out.Changed = append(out.Changed, c)
		name, value := c.Name, *c.Now
		if c.Place == sysctlPlace {
			name, value, _ = h.Previous(c.Name) // it was read a moment ago
		}
		prev = append(prev, before{Name: name, Value: &value, Kind: c.Place})
	}
	if err := keep(undo, prev); err != nil {
		return Applied{}, err
	}
	var written []Change
	for _, f := range hostFiles {
		path := filepath.Join(h.Root, f.path)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = durable.WriteFile(path, []byte(hostHead+f.render(files)), 0o644)
		}
		if err != nil {
			return Applied{}, errors.Join(errs.Forbidden("%s may not be written", path).Hint("run as root: sudo truckflow tune host --apply").Wrap(err), h.back(prev))
		}
		written = append(written, Change{Setting: Setting{Name: path}, Note: "written"})
	}
	for _, c := range out.Changed {
		if err := os.WriteFile(h.live(c.Setting), []byte(c.Value), 0o644); err != nil {
			return Applied{}, errors.Join(errs.Invalid("the kernel refuses %s = %s", c.Name, c.Value).Wrap(err), h.back(prev))
		}
		if got, err := h.read(c.Setting); err == nil && !same(got, c.Value) {
			out.Notes = append(out.Notes, fmt.Sprintf("%s is %s: the kernel gave what it had in one piece; the rest comes at the next boot", c.Name, got))
		}
	}
	out.Changed = append(written, out.Changed...)
	out.Notes = append(out.Notes, "limits hold for new sessions; a systemd unit has its own (LimitNOFILE=)")
	return out, nil
}

// commits refuses strict counting (vm.overcommit_memory = 2) where the processes
// that run have been promised more already: the next fork would fail.
func (h LocalHost) commits(all []Setting) error {
	if Lookup(all, "vm.overcommit_memory").Value != "2" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(h.Root, "proc/meminfo"))
	if err != nil {
		return nil // no kernel below Root: an image
	}
	kb := map[string]int{}
	for line := range strings.Lines(string(b)) {
		var name string
		var n int
		if _, err := fmt.Sscan(line, &name, &n); err == nil {
			kb[strings.TrimSuffix(name, ":")] = n
		}
	}
	huge, err := strconv.Atoi(Lookup(all, "vm.nr_hugepages").Value)
	limit := (kb["MemTotal"]-huge*hugePageMB*1024)*defaultOver/100 + kb["SwapTotal"]
	if err == nil && kb["Committed_AS"] > limit {
		return errs.Conflict("the running programs have been promised %s, more than the %s that a dedicated host would count", size(kb["Committed_AS"]/1024), size(limit/1024)).
			Hint("use --role shared, or stop what does not belong on a database's host")
	}
	return err
}

// Previous is how a kernel's setting comes back: the name to write and the value
// it has now. A limit in bytes that is off (0) comes back through the ratio that
// stands in for it, because the kernel takes no 0. Not ok: it cannot be read.
func (h LocalHost) Previous(name string) (as, value string, ok bool) {
	s := Setting{Name: name, Place: sysctlPlace}
	value, err := h.read(s)
	if base, inBytes := strings.CutSuffix(name, "_bytes"); inBytes && value == "0" {
		s.Name = base + "_ratio"
		value, err = h.read(s)
	}
	return s.Name, value, err == nil
}

func writable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

func (h LocalHost) back(prev []before) (err error) {
	for _, b := range prev {
		switch path := filepath.Join(h.Root, b.Name); {
		case b.Kind != "file":
			err = errors.Join(err, os.WriteFile(h.live(Setting{Name: b.Name, Place: b.Kind}), []byte(*b.Value), 0o644))
		case b.Value != nil:
			err = errors.Join(err, durable.WriteFile(path, []byte(*b.Value), 0o644))
		default:
			if rm := os.Remove(path); !errors.Is(rm, fs.ErrNotExist) {
				err = errors.Join(err, rm)
			}
		}
	}
	return err
}

// Undo puts what undo holds back and removes the file.
func (h LocalHost) Undo(undo string) (Applied, error) {
	prev, err := kept(undo)
	if err != nil {
		return Applied{}, err
	}
	out := Applied{Undo: undo, Changed: []Change{}, Restart: []string{}}
	for _, b := range prev {
		c := Change{Setting: Setting{Name: b.Name, Place: b.Kind}}
		switch {
		case b.Kind == "file" && b.Value == nil:
			c.Note = "removed"
		case b.Kind == "file":
			c.Note = "as it was"
		case b.Value == nil:
			return Applied{}, errs.Invalid("%s does not hold a host's previous values", undo)
		default:
			c.Value = *b.Value
		}
		out.Changed = append(out.Changed, c)
	}
	if err := h.back(prev); err != nil {
		return Applied{}, errs.Forbidden("not everything could be put back").Hint("run as root; the values are in %s", undo).Wrap(err)
	}
	return out, os.Remove(undo)
}
