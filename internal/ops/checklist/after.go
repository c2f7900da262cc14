package checklist

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/scale"
	"truckflow/internal/ops/usage"
)

func ready(ctx context.Context, l *look) finding {
	if _, err := l.get(ctx, l.LocalURL+"/readyz"); err != nil {
		return found(Red, "%s", why(err))
	}
	return found(Green, "%s/readyz answers ready", l.LocalURL)
}

func services(ctx context.Context, l *look) finding {
	if l.Services == nil {
		return found(CannotTell, "only the running program can ask its services")
	}
	all, err := l.Services(ctx)
	if err != nil {
		return found(CannotTell, "%s", why(err))
	}
	var bad, good []string
	for _, s := range all {
		if s.OK {
			good = append(good, s.Name)
		} else {
			bad = append(bad, s.Name+": "+cmp.Or(s.Detail, "does not work"))
		}
	}
	if len(bad) > 0 {
		return found(Red, "%s", strings.Join(bad, "; "))
	}
	return found(Green, "all %d work: %s", len(good), strings.Join(good, ", "))
}

// unwatched is the answer where no Prometheus is named.
func (l *look) unwatched() (finding, bool) {
	return found(Waiting, "no Prometheus is named"), l.Prometheus == ""
}

func scraped(ctx context.Context, l *look) finding {
	if f, none := l.unwatched(); none {
		return f
	}
	n, ok, err := scale.NewPrometheus(l.Prometheus).Value(ctx, "count(truckflow_build_info)", l.now)
	switch {
	case err != nil:
		return found(Red, "%s", why(err))
	case !ok:
		return found(Red, "Prometheus at %s answers and has no figures of this program", l.Prometheus)
	}
	return found(Green, "Prometheus at %s has the figures of %.0f instances now", l.Prometheus, n)
}

func alertRules(ctx context.Context, l *look) finding {
	if f, none := l.unwatched(); none {
		return f
	}
	text, err := l.get(ctx, strings.TrimSuffix(l.Prometheus, "/")+"/api/v1/rules?type=alert")
	if err != nil {
		return found(Red, "%s", why(err))
	}
	var a struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, State, Health string }
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return found(Red, "what answers at %s is no Prometheus", l.Prometheus)
	}
	n := 0
	var firing, broken []string
	for _, g := range a.Data.Groups {
		for _, r := range g.Rules {
			n++
			if r.State == "firing" {
				firing = append(firing, r.Name)
			}
			if r.Health == "err" {
				broken = append(broken, r.Name)
			}
		}
	}
	text = fmt.Sprintf("%d alert rules; firing now: %s", n, cmp.Or(strings.Join(firing, ", "), "none"))
	switch {
	case n == 0:
		return found(Red, "Prometheus at %s has no alert rule", l.Prometheus)
	case len(broken) > 0:
		return found(Red, "%s; cannot be evaluated: %s", text, strings.Join(broken, ", "))
	}
	return found(Green, "%s", text)
}

func (l *look) logs() string { return filepath.Join(l.Config.DataDir, "logs") }

func logWritten(_ context.Context, l *look) finding {
	st, err := os.Stat(filepath.Join(l.logs(), "combined.log"))
	switch {
	case err != nil:
		return found(Red, "there is no combined.log in %s", l.logs())
	case l.now.Sub(st.ModTime()) > 7*24*time.Hour:
		return found(Red, "nothing was written for %s", ago(l.now, st.ModTime()))
	}
	return found(Green, "combined.log in %s, last written %s ago", l.logs(), ago(l.now, st.ModTime()))
}

// logBounded wants what telemetry.LogSettings promises: 50 MB a file, six files of
// two kinds, and a little for the line that crosses the bound.
func logBounded(_ context.Context, l *look) finding {
	const mostFile, mostAll = 60e6, 700e6
	var all, largest int64
	var name string
	err := filepath.WalkDir(l.logs(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		i, err := d.Info()
		if err != nil {
			return err
		}
		all += i.Size()
		if i.Size() > largest {
			largest, name = i.Size(), d.Name()
		}
		return nil
	})
	switch {
	case err != nil:
		return found(CannotTell, "%s cannot be read", l.logs())
	case largest > mostFile || all > mostAll:
		return found(Red, "%s in all, %s has %s", usage.Size(all), name, usage.Size(largest))
	}
	return found(Green, "%s in all, the largest file %s; rotated at 50 MB, five of each kept for 30 days", usage.Size(all), usage.Size(largest))
}

// logErrors counts and does not quote: a line may speak of one company's work.
func logErrors(_ context.Context, l *look) finding {
	f, err := os.Open(filepath.Join(l.logs(), "error.log"))
	if os.IsNotExist(err) {
		if _, err := os.Stat(filepath.Join(l.logs(), "combined.log")); err == nil {
			return found(Green, "no error was ever logged")
		}
		return found(CannotTell, "there is no log in %s", l.logs())
	} else if err != nil {
		return found(CannotTell, "error.log cannot be read")
	}
	defer f.Close()
	n, since := 0, l.now.Add(-24*time.Hour)
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20) // a stack may be long
	for lines.Scan() {
		var r struct{ Time time.Time }
		if json.Unmarshal(lines.Bytes(), &r) == nil && r.Time.After(since) {
			n++
		}
	}
	switch {
	case lines.Err() != nil:
		return found(CannotTell, "error.log cannot be read to its end")
	case n > 0:
		return found(Red, "%d errors in 24 hours", n)
	}
	return found(Green, "none in 24 hours")
}

func scheduled(_ context.Context, l *look) finding {
	st, none := l.backupStatus()
	switch {
	case st == nil:
		return none
	case st.Newest == nil:
		return found(Red, "there is no backup yet")
	case st.BaseProblem != "":
		return found(Red, "the last backup failed: %s", st.BaseProblem)
	case l.now.Sub(st.Newest.Started) > 48*time.Hour:
		return found(Red, "the newest backup is %s old", ago(l.now, st.Newest.Started))
	case st.RPONow < 0 || st.RPONow > backup.ObjectiveRPO:
		return found(Red, "the archiver is %s; losing the machine now would cost more than an hour's work", cmp.Or(st.Archiver, "not running"))
	}
	return found(Green, "newest backup %s ago; archiver %s, %s would be lost now", ago(l.now, st.Newest.Started), st.Archiver, st.RPONow.Round(time.Second))
}

// updated looks at the marks that apt leaves.
func updated(_ context.Context, l *look) finding {
	var newest time.Time
	for _, f := range []string{"update-success-stamp", "upgrade-stamp", "unattended-upgrades-stamp"} {
		if st, err := os.Stat(filepath.Join(l.System.Root, "var/lib/apt/periodic", f)); err == nil && st.ModTime().After(newest) {
			newest = st.ModTime()
		}
	}
	switch {
	case newest.IsZero():
		return found(CannotTell, "apt has left no mark of an update")
	case l.now.Sub(newest) > 7*24*time.Hour:
		return found(Red, "last %s ago", ago(l.now, newest))
	}
	return found(Green, "%s ago", ago(l.now, newest))
}

// CheckPrometheus refuses what is no address; "" is none.
func CheckPrometheus(s string) bool {
	u, err := url.Parse(s)
	return s == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
