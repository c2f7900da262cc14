package tune

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Setting is one decision.
type Setting struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Unit    string `json:"unit,omitempty"` // MB, kB, ms, s, min as the program writes it; "" for none
	Why     string `json:"why"`            // one sentence
	Spec    string `json:"specification,omitempty"`
	Source  string `json:"source"`
	Restart bool   `json:"restart,omitempty"`  // takes effect only at the next start
	Place   string `json:"place,omitempty"`    // Host only: sysctl, limits or tmpfiles
	AtLeast bool   `json:"at_least,omitempty"` // a greater value is as good and stays
}

// Text is value and unit as they stand in a file.
func (s Setting) Text() string { return s.Value + s.Unit }

// Lookup returns the setting called name; the zero Setting when there is none.
func Lookup(all []Setting, name string) Setting {
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	return Setting{}
}

// remark is the comment above a line of a file.
func (s Setting) remark() string {
	if s.Spec == "" || same(s.Spec, s.Text()) {
		return s.Why
	}
	return s.Why + " (the specification has " + s.Spec + ")"
}

// PostgresConf renders settings as postgresql.conf does.
func PostgresConf(all []Setting) string {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "%-44s # %s\n", s.Name+" = "+quotePG(s.Text()), s.remark())
	}
	return b.String()
}

// plain is what postgresql.conf takes without quotes: a word, or a number with a unit.
var plain = regexp.MustCompile(`^([A-Za-z_][A-Za-z_0-9]*|-?[0-9]+(\.[0-9]+)?[A-Za-z]*)$`)

func quotePG(v string) string {
	if plain.MatchString(v) {
		return v
	}
	return "'" + strings.ReplaceAll(v, "'", "''") + "'"
}

// RedisConf renders settings as redis.conf does, where a remark needs its own line.
func RedisConf(all []Setting) string {
	var b strings.Builder
	for _, s := range all {
		v := s.Text()
		if v == "" {
			v = `""`
		}
		fmt.Fprintf(&b, "# %s\n%s %s\n", s.remark(), s.Name, v)
	}
	return b.String()
}

// SysctlConf renders Host's kernel settings for /etc/sysctl.d.
func SysctlConf(all []Setting) string {
	var b strings.Builder
	for _, s := range all {
		if s.Place == sysctlPlace {
			fmt.Fprintf(&b, "# %s\n%s = %s\n", s.remark(), s.Name, s.Value)
		}
	}
	return b.String()
}

// LimitsConf renders Host's limits for /etc/security/limits.d: those of people's
// sessions. A systemd unit has its own (LimitNOFILE=, LimitMEMLOCK=).
func LimitsConf(all []Setting) string {
	var b strings.Builder
	for _, s := range all {
		if s.Place == limitsPlace {
			fmt.Fprintf(&b, "# %s\n* soft %s %s\nroot soft %s %s\n", s.remark(), s.Name, s.Value, s.Name, s.Value)
		}
	}
	return b.String()
}

// TmpfilesConf renders what has no sysctl for /etc/tmpfiles.d, which writes it at boot.
func TmpfilesConf(all []Setting) string {
	var b strings.Builder
	for _, s := range all {
		if s.Place == tmpfilesPlace {
			fmt.Fprintf(&b, "# %s\nw %s - - - - %s\n", s.remark(), s.Name, s.Value)
		}
	}
	return b.String()
}

// units in bytes or milliseconds, by lower-case name.
var units = map[string]float64{
	"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40,
	"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000,
}

// same reports whether two ways to write a value mean the same: 8192MB and 8GB,
// 900s and 15min, yes and on.
func same(a, b string) bool { return canonical(a) == canonical(b) }

// meets reports whether now is what s wants.
func (s Setting) meets(now string) bool {
	if s.AtLeast {
		n, err1 := strconv.ParseFloat(canonical(now), 64)
		want, err2 := strconv.ParseFloat(canonical(s.Text()), 64)
		return now == "unlimited" || err1 == nil && err2 == nil && n >= want
	}
	return same(now, s.Text())
}

func canonical(v string) string {
	v = strings.ToLower(strings.TrimSpace(v))
	switch v {
	case "yes", "true", "on", "pglz": // wal_compression = on is shown as what it chose
		return "on"
	case "no", "false", "off":
		return "off"
	}
	i := strings.LastIndexFunc(v, func(r rune) bool { return r >= '0' && r <= '9' || r == '.' }) + 1
	n, err := strconv.ParseFloat(v[:i], 64)
	if err != nil {
		return strings.Join(strings.Fields(v), " ")
	}
	if unit := strings.TrimSpace(v[i:]); unit != "" {
		scale, ok := units[unit]
		if !ok {
			return v
		}
		n *= scale
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
