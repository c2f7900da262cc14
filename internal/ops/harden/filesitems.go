package harden

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"truckflow/internal/ops/tune"
)

// opensslName is how OpenSSL calls a suite of TLS 1.2: what nginx takes.
func opensslName(s *tls.CipherSuite) string {
	n := strings.NewReplacer("TLS_", "", "_WITH_", "_", "AES_128", "AES128", "AES_256", "AES256", "CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305", "_CBC", "").Replace(s.Name)
	return strings.ReplaceAll(strings.TrimPrefix(n, "RSA_"), "_", "-")
}

// directive is one simple line of nginx: a name, its arguments, a semicolon.
var directive = regexp.MustCompile(`(?m)^[ \t]*([a-z_0-9]+)\s+((?:"[^"]*"|'[^']*'|[^;{}#"'])*);`)

// NginxFile judges a rendered nginx file by what nginx -t and testssl found in
// the specification's own.
func NginxFile(file string) Item {
	i := item("nginx.file").on(filepath.Base(file))
	b, err := os.ReadFile(file)
	if err != nil {
		return i.unknown("%s", why(err))
	}
	all, old := directive.FindAllStringSubmatch(string(b), -1), false
	first := func(name string) string {
		for _, d := range all {
			if d[1] == name {
				return d[2]
			}
		}
		return ""
	}
	var known []string
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		known = append(known, opensslName(s))
	}
	var wrong []string
	for _, d := range all {
		switch name, args := d[1], strings.Fields(d[2]); name {
		case "ssl_ciphers":
			for _, c := range strings.Split(strings.Trim(d[2], `"'`), ":") {
				asECDHE := strings.Replace(":"+c, ":DHE-RSA", ":ECDHE-RSA", 1)[1:] // Go speaks no DHE, but the rest of the name is the same
				if strings.Contains(c, "-GCM-") && !slices.Contains(known, asECDHE) {
					wrong = append(wrong, "no such suite: "+c)
				}
			}
			if strings.Contains(d[2], "DHE-RSA-AES") && strings.Contains(":"+d[2], ":DHE-") && first("ssl_dhparam") == "" {
				wrong = append(wrong, "DHE suites without ssl_dhparam are never used")
			}
			if strings.Contains(d[2], "ECDHE-RSA") && !strings.Contains(d[2], "ECDHE-ECDSA") {
				wrong = append(wrong, "no suite for an ECDSA certificate, which certbot makes")
			}
		case "ssl_protocols":
			for _, v := range args {
				if v != "TLSv1.2" && v != "TLSv1.3" {
					wrong = append(wrong, v+" is spoken")
				}
			}
		case "add_header":
			if len(args) > 0 && args[len(args)-1] != "always" {
				wrong = append(wrong, args[0]+" is missing on errors (no always)")
			}
			if len(args) > 0 && args[0] == "Strict-Transport-Security" && !strings.Contains(d[2], "includeSubDomains") {
				wrong = append(wrong, "Strict-Transport-Security leaves subdomains out")
			}
		case "listen":
			old = old || slices.Contains(args, "http2")
		case "ssl_stapling":
			if d[2] == "on" {
				wrong = append(wrong, "ssl_stapling on: Let's Encrypt switched OCSP off in 2025")
			}
		}
	}
	if strings.Contains(string(b), "ssl_certificate") {
		for name, want := range map[string]string{"server_tokens": "off", "ssl_session_tickets": "off"} {
			if got := first(name); got != want {
				wrong = append(wrong, name+" is not "+want)
			}
		}
	}
	good := fmt.Sprintf("%d directives, none of the known mistakes", len(all))
	switch { // it is no danger, and nginx before 1.25.1 knows nothing else
	case old && len(wrong) > 0:
		wrong = append(wrong, "listen … http2 is deprecated: http2 on;")
	case old:
		good += "; listen … http2 is deprecated since nginx 1.25.1"
	}
	slices.Sort(wrong)
	return i.judge(slices.Compact(wrong), good)
}

// PostgresFile judges a postgresql.conf: does it parse, does it fit into ramMB
// (0: the machine's memory is not known), is it durable.
func PostgresFile(file string, ramMB int) Item {
	i := item("postgres.file").on(filepath.Base(file))
	b, err := os.ReadFile(file)
	if err != nil {
		return i.unknown("%s", why(err))
	}
	conf := map[string]string{}
	var wrong []string
	for n, line := range strings.Split(string(b), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		m := confLine.FindStringSubmatch(line)
		if m == nil {
			wrong = append(wrong, fmt.Sprintf("line %d is a syntax error: %s", n+1, line))
			continue
		}
		conf[strings.ToLower(m[1])] = strings.Trim(m[2], "'")
	}
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		if conf[name] == "off" {
			wrong = append(wrong, name+" is off")
		}
	}
	worst := tune.WorstCaseMB(conf)
	if ramMB > 0 && worst > ramMB {
		wrong = append(wrong, fmt.Sprintf("its connections may use %d MB of %d", worst, ramMB))
	}
	return i.judge(wrong, fmt.Sprintf("%d settings, at most %d MB", len(conf), worst))
}

// confLine is NAME = value, the sign being optional, a remark allowed.
var confLine = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.]*)\s*(?:=\s*|\s)('(?:[^']|'')*'|[^\s#']+)\s*(?:#.*)?$`)

// FileItems looks at the data folder and the secrets in it. Extra are files that
// hold secrets elsewhere (NAME_FILE).
func FileItems(s System, dataDir string, extra []string) []Item {
	data, secret, age := item("files.data"), item("files.secrets"), item("secrets.age")
	st, err := os.Stat(dataDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Item{data.absent("%s is not there yet", dataDir), secret.absent("there are no secrets yet"), age.absent("there are no secrets yet")}
	case err != nil:
		return []Item{data.unknown("%s", why(err)), secret.unknown("%s", why(err)), age.unknown("%s", why(err))}
	}
	var wrong []string
	if st.Mode().Perm()&0o066 != 0 { // passing through is what PostgreSQL's account needs
		wrong = append(wrong, fmt.Sprintf("%s is %04o", dataDir, st.Mode().Perm()))
	}
	for _, d := range []string{"logs", "files", "postgres/cluster", "postgres/log", "tune"} {
		if st, err := os.Stat(filepath.Join(dataDir, d)); err == nil && st.Mode().Perm()&0o077 != 0 {
			wrong = append(wrong, fmt.Sprintf("%s is %04o", filepath.Join(dataDir, d), st.Mode().Perm()))
		}
	}
	files := append([]string{filepath.Join(dataDir, "jwt.secret"), filepath.Join(dataDir, "postgres", "passwords.json")}, extra...)
	open, err := readableByOthers(files)
	var old []string
	have := 0
	for _, f := range files {
		if st, err := os.Stat(f); err == nil {
			have++
			if days := int(s.Clock.Now().Sub(st.ModTime()) / (24 * time.Hour)); days > 365 {
				old = append(old, fmt.Sprintf("%s is %d days old", f, days))
			}
		}
	}
	out := []Item{data.judge(wrong, dataDir+" and what is in it are closed to others")}
	switch {
	case err != nil:
		return append(out, secret.unknown("%s", why(err)), age.unknown("%s", why(err)))
	case have == 0:
		return append(out, secret.absent("there are no secret files"), age.absent("there are no secret files"))
	}
	return append(out, secret.judge(open, fmt.Sprintf("%d files, their owner's alone", have)), age.judge(old, fmt.Sprintf("%d files, none older than a year", have)))
}

// Secret is one to be judged; its value never leaves SecretItem.
type Secret struct {
	Name, Value string
	Bits        float64 // the least it must have
}

// SecretItem judges how hard secrets are to guess.
func SecretItem(all []Secret) Item {
	i := item("secrets.strong")
	var wrong []string
	n := 0
	for _, s := range all {
		if s.Value == "" {
			continue
		}
		n++
		if placeholder.MatchString(s.Value) {
			wrong = append(wrong, s.Name+" is a placeholder")
		} else if b := bits(s.Value); b < s.Bits {
			wrong = append(wrong, fmt.Sprintf("%s has about %.0f bits, %.0f are needed", s.Name, b, s.Bits))
		}
	}
	if n == 0 {
		return i.absent("none is set; what the program makes itself has 256 bits")
	}
	return i.judge(wrong, fmt.Sprintf("%d secrets, all long and without a pattern", n))
}

var placeholder = regexp.MustCompile(`(?i)change.?me|your[-_ ]|secure[-_]?password|super[-_]secure|example|placeholder|^(password|passwort|secret|admin|postgres|truckflow|pass|test)[0-9]*$`)

// bits is an upper bound of what a guesser must try: the length times the
// entropy of its characters, of an alphabet no greater than is used.
func bits(s string) float64 {
	count := map[rune]int{}
	for _, r := range s {
		count[r]++
	}
	var h float64
	n := float64(len([]rune(s)))
	for _, c := range count {
		p := float64(c) / n
		h -= p * math.Log2(p)
	}
	return h * n
}
