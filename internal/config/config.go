// Package config is where settings enter, once: environment variables (secrets
// also as NAME_FILE), validated together, printable with secrets hidden.
package config

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"truckflow/internal/kit/errs"
)

// Config is every setting the program has.
type Config struct {
	Port           int    // PORT
	Listen         string // TRUCKFLOW_LISTEN: the address to listen on
	DataDir        string // TRUCKFLOW_DATA: database, files, logs, generated secrets
	PublicURL      string // TRUCKFLOW_URL: how people reach us; in mails
	DatabaseURL    string // DATABASE_URL
	ReadURL        string // DATABASE_READ_URL
	PGBin          string // PG_BIN: folder of PostgreSQL's programs
	RedisURL       string // REDIS_URL
	S3Endpoint     string // S3_ENDPOINT
	S3Bucket       string // S3_BUCKET
	S3AccessKey    string // S3_ACCESS_KEY_ID
	S3SecretKey    string // S3_SECRET_ACCESS_KEY
	SMTPURL        string // SMTP_URL
	MailFrom       string // TRUCKFLOW_MAIL_FROM
	JWTSecret      []byte // JWT_SECRET
	Tesseract      string // TRUCKFLOW_TESSERACT
	SecondReader   string // TRUCKFLOW_SECOND_READER: folder of the second reader of scans, "none" for none
	ReadWorkers    int    // TRUCKFLOW_READ_WORKERS: documents read side by side
	RatePerMinute  int    // TRUCKFLOW_RATE_PER_MINUTE: API requests an organisation may make
	PositionDays   int    // TRUCKFLOW_POSITION_DAYS: how long trucks' positions are kept
	Prices         string // TRUCKFLOW_PRICES: file of one's own prices
	Prometheus     string // TRUCKFLOW_PROMETHEUS: address of the one that has our figures
	VulnDB         string // TRUCKFLOW_VULNDB: the Go vulnerability database, folder or vulndb.zip
	DrainSeconds   int    // TRUCKFLOW_DRAIN_SECONDS: from "not ready" to no longer listening
	Role           string // TRUCKFLOW_ROLE: all, web or worker
	LogLevel       string // TRUCKFLOW_LOG_LEVEL: debug, info, warn, error
	Backup         Backup
	AI             AI
	TrustedProxies []netip.Prefix // TRUCKFLOW_TRUSTED_PROXIES
	MailboxHosts   string         // TRUCKFLOW_MAILBOX_HOSTS: mail servers off the public internet that companies may name

	get func(string) (string, bool)
}

// What an instance does, see Config.Role.
const (
	All    = "all"
	Web    = "web"
	Worker = "worker"
)

// Backup is where backups go and how.
type Backup struct {
	Dir         string // TRUCKFLOW_BACKUP_DIR: a folder, "off" for none
	DatabaseURL string // TRUCKFLOW_BACKUP_DATABASE_URL
	S3Endpoint  string // TRUCKFLOW_BACKUP_S3_ENDPOINT
	S3Bucket    string // TRUCKFLOW_BACKUP_S3_BUCKET
	S3AccessKey string // TRUCKFLOW_BACKUP_S3_ACCESS_KEY_ID
	S3SecretKey string // TRUCKFLOW_BACKUP_S3_SECRET_ACCESS_KEY
	Recipient   string // TRUCKFLOW_BACKUP_RECIPIENT: age public key
	S3LockDays  int    // TRUCKFLOW_BACKUP_S3_LOCK_DAYS: 0 locks nothing
	S3CA        string // TRUCKFLOW_BACKUP_S3_CA: a file
	WAL         string // TRUCKFLOW_BACKUP_WAL: async, sync or off
	Engine      string // TRUCKFLOW_BACKUP_ENGINE: builtin or pgbackrest
}

// Setting documents one variable; docs/config.md is made of these.
type Setting struct {
	Name, Default, Help string
	Secret              bool
}

// Settings lists every variable the program reads, in the order of Config.
var Settings = []Setting{
	{"PORT", "5000", "port to listen on", false},
	{"TRUCKFLOW_LISTEN", "127.0.0.1", "address to listen on; 0.0.0.0 for every interface, behind TLS", false},
	{"TRUCKFLOW_DATA", "data", "folder of everything the program keeps", false},
	{"TRUCKFLOW_URL", "http://localhost:PORT", "how people reach this server; used in mails", false},
	{"DATABASE_URL", "", "a PostgreSQL 14 or newer, several hosts as host1:5432,host2:5432 (the one that takes writes is found); unset: the program runs its own in the data folder", true},
	{"DATABASE_READ_URL", "", "where pages are read while the database has no primary: a replica, or a load balancer's address of replicas; unset: DATABASE_URL's hosts, standbys first", true},
	{"PG_BIN", "", "folder of PostgreSQL's programs, when they are not where the distribution puts them", false},
	{"REDIS_URL", "", "a Redis 7 or Valkey for cache, limits and live news between instances; unset: in the process", true},
	{"S3_ENDPOINT", "", "an S3-compatible store for files, https://host; unset: files in the data folder", false},
	{"S3_BUCKET", "truckflow", "the bucket there", false},
	{"S3_ACCESS_KEY_ID", "", "its access key", false},
	{"S3_SECRET_ACCESS_KEY", "", "its secret", true},
	{"SMTP_URL", "", "smtp://user:password@host:587 or smtps://host:465; unset: mail is kept and shown in the app", true},
	{"TRUCKFLOW_MAIL_FROM", "truckflow@localhost", "sender of mails", false},
	{"JWT_SECRET", "", "signs bearer tokens, 32 bytes or more; unset: made at the first start and kept in the data folder", true},
	{"TRUCKFLOW_TESSERACT", "", "the tesseract program for scans, when it is not on the path", false},
	{"TRUCKFLOW_SECOND_READER", "", "folder of the second reader of scans (PP-OCR and the ONNX Runtime); none: tesseract alone; unset: lib/truckflow/ocr beside the program's own folder, /usr/lib/truckflow/ocr for /usr/bin/truckflow", false},
	{"TRUCKFLOW_READ_WORKERS", "1", "documents read side by side", false},
	{"TRUCKFLOW_RATE_PER_MINUTE", "6000", "API requests an organisation may make a minute", false},
	{"TRUCKFLOW_POSITION_DAYS", "60", "days that the trucks' positions are kept; each truck's last one stays", false},
	{"TRUCKFLOW_BACKUP_DIR", "", "folder for backups, best on another disk; unset: backups in the data folder; off: none in a folder", false},
	{"TRUCKFLOW_BACKUP_S3_ENDPOINT", "", "an S3-compatible store that gets every backup too, https://host", false},
	{"TRUCKFLOW_BACKUP_S3_BUCKET", "truckflow-backup", "the bucket there", false},
	{"TRUCKFLOW_BACKUP_S3_ACCESS_KEY_ID", "", "its access key", false},
	{"TRUCKFLOW_BACKUP_S3_SECRET_ACCESS_KEY", "", "its secret", true},
	{"TRUCKFLOW_BACKUP_S3_LOCK_DAYS", "0", "days for which that store must not let anybody delete or replace what it got (object lock); 0: it may", false},
	{"TRUCKFLOW_BACKUP_S3_CA", "", "file with the certificate of the authority that vouches for that store, where the system does not know it", false},
	{"TRUCKFLOW_BACKUP_ENGINE", "builtin", "who copies the database: builtin, over a connection; pgbackrest, the program of that name on the database's machine", false},
	{"TRUCKFLOW_BACKUP_WAL", "async", "async: the log is archived as it is written; sync: a commit waits for it, nothing is ever lost, slower; off: no backups", false},
	{"TRUCKFLOW_BACKUP_DATABASE_URL", "", "with DATABASE_URL: a role with REPLICATION (best a superuser) for backups; unset: DATABASE_URL is not backed up by the program", true},
	{"TRUCKFLOW_BACKUP_RECIPIENT", "", "age public key that backups are encrypted for, beside the server's own; unset: the one truckflow backup init made", false},
	{"OLLAMA_HOST", "", "an Ollama for AI on your own hardware, such as 127.0.0.1:11434; without any engine the rules answer alone", false},
	{"TRUCKFLOW_AI_OLLAMA_MODELS", "qwen3.5:4b", "its model, or one for each job: model,copilot=larger-model (jobs: documents, copilot, email)", false},
	{"TRUCKFLOW_AI_SERVER", "", "an OpenAI-compatible server of your own (vLLM, llama.cpp), http://host:8000/v1", false},
	{"TRUCKFLOW_AI_SERVER_KEY", "", "its key, where it wants one", true},
	{"TRUCKFLOW_AI_SERVER_MODELS", "", "its models, as above", false},
	{"OPENAI_API_KEY", "", "OpenAI for what the own engines cannot answer in time; each company decides whether its words may go there", true},
	{"OPENAI_BASE_URL", "https://api.openai.com/v1", "where it is", false},
	{"TRUCKFLOW_AI_OPENAI_MODELS", "gpt-4.1-mini", "its models, as above", false},
	{"ANTHROPIC_API_KEY", "", "the same for Anthropic", true},
	{"ANTHROPIC_BASE_URL", "https://api.anthropic.com", "where it is", false},
	{"TRUCKFLOW_AI_ANTHROPIC_MODELS", "claude-haiku-4-5", "its models, as above", false},
	{"TRUCKFLOW_AI_PRICES", "gpt-4.1-mini=0.40/1.60,claude-haiku-4-5=1.00/5.00", "dollars for a million tokens read/written, by model: look them up; a model outside without a price is never asked", false},
	{"TRUCKFLOW_AI_SLOTS", "ollama=1,server=8,openai=16,anthropic=16", "calls an engine gets at a time; Ollama's is its OLLAMA_NUM_PARALLEL", false},
	{"TRUCKFLOW_AI_CONTEXT", "8192", "tokens a model of your own takes, question and answer; Ollama loads it for so many", false},
	{"TRUCKFLOW_AI_ON_PREMISES", "", "hosts that count as on the premises although their name or address does not show it, with commas", false},
	{"TRUCKFLOW_PRICES", "", "a price book of your own for the cost page (truckflow cost --print shows one); unset: the built-in", false},
	{"TRUCKFLOW_PROMETHEUS", "", "address of the Prometheus that has this program's figures, for the checklist and its reports; unset: they cannot tell", false},
	{"TRUCKFLOW_VULNDB", "", "the Go vulnerability database (vulndb.zip, or its folder), for the checklist and the audit; unset: they cannot tell", false},
	{"TRUCKFLOW_DRAIN_SECONDS", "0", "after a signal to end, how long requests are still taken while /readyz answers 503; behind a load balancer two of its checks and a little more", false},
	{"TRUCKFLOW_ROLE", "all", "what this instance does: web serves people and programs and leaves jobs to others; worker does jobs and serves only /healthz, /readyz and /metrics; both need DATABASE_URL, and backups are taken in every role by the instance that is first", false},
	{"TRUCKFLOW_MAILBOX_HOSTS", "", "mail servers that are not on the public internet and that companies may name as theirs all the same: hosts, addresses, networks, with commas", false},
	{"TRUCKFLOW_LOG_LEVEL", "info", "debug, info, warn or error", false},
	{"TRUCKFLOW_TRUSTED_PROXIES", "127.0.0.1/32,::1/128", "whose X-Forwarded-For is believed", false},
}

// Load reads the environment through get (os.LookupEnv outside tests).
func Load(get func(string) (string, bool)) (*Config, error) {
	l := loader{get: get}
	c := &Config{
		get:  get,
		Port: l.number("PORT", 1, 65535), Listen: l.text("TRUCKFLOW_LISTEN"), DataDir: l.text("TRUCKFLOW_DATA"), PublicURL: l.text("TRUCKFLOW_URL"),
		DatabaseURL: l.text("DATABASE_URL"), ReadURL: l.text("DATABASE_READ_URL"), PGBin: l.text("PG_BIN"), RedisURL: l.text("REDIS_URL"), S3Endpoint: l.text("S3_ENDPOINT"),
		S3Bucket: l.text("S3_BUCKET"), S3AccessKey: l.text("S3_ACCESS_KEY_ID"), S3SecretKey: l.text("S3_SECRET_ACCESS_KEY"), SMTPURL: l.text("SMTP_URL"),
		MailFrom: l.text("TRUCKFLOW_MAIL_FROM"), JWTSecret: []byte(l.text("JWT_SECRET")), Tesseract: l.text("TRUCKFLOW_TESSERACT"),
		SecondReader: l.text("TRUCKFLOW_SECOND_READER"),
		ReadWorkers:  l.number("TRUCKFLOW_READ_WORKERS", 1, 64), RatePerMinute: l.number("TRUCKFLOW_RATE_PER_MINUTE", 1, 10_000_000),
		PositionDays: l.number("TRUCKFLOW_POSITION_DAYS", 1, 3650), Prices: l.text("TRUCKFLOW_PRICES"), Prometheus: l.text("TRUCKFLOW_PROMETHEUS"), VulnDB: l.text("TRUCKFLOW_VULNDB"), DrainSeconds: l.number("TRUCKFLOW_DRAIN_SECONDS", 0, 3600), Role: l.text("TRUCKFLOW_ROLE"), LogLevel: l.text("TRUCKFLOW_LOG_LEVEL"),
		Backup: Backup{Dir: l.text("TRUCKFLOW_BACKUP_DIR"), DatabaseURL: l.text("TRUCKFLOW_BACKUP_DATABASE_URL"), S3Endpoint: l.text("TRUCKFLOW_BACKUP_S3_ENDPOINT"),
			S3Bucket: l.text("TRUCKFLOW_BACKUP_S3_BUCKET"), S3AccessKey: l.text("TRUCKFLOW_BACKUP_S3_ACCESS_KEY_ID"), S3SecretKey: l.text("TRUCKFLOW_BACKUP_S3_SECRET_ACCESS_KEY"),
			Recipient: l.text("TRUCKFLOW_BACKUP_RECIPIENT"), WAL: l.text("TRUCKFLOW_BACKUP_WAL"), S3CA: l.text("TRUCKFLOW_BACKUP_S3_CA"), S3LockDays: l.number("TRUCKFLOW_BACKUP_S3_LOCK_DAYS", 0, 3650), Engine: l.text("TRUCKFLOW_BACKUP_ENGINE")},
	}
	c.AI, c.MailboxHosts = l.ai(), l.text("TRUCKFLOW_MAILBOX_HOSTS")
	for _, p := range strings.Split(l.text("TRUCKFLOW_TRUSTED_PROXIES"), ",") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		pre, err := netip.ParsePrefix(p)
		if err != nil {
			l.fail("TRUCKFLOW_TRUSTED_PROXIES", "%q is not an address range such as 10.0.0.0/8", p)
		}
		c.TrustedProxies = append(c.TrustedProxies, pre)
	}
	if c.PublicURL == "http://localhost:PORT" {
		c.PublicURL = fmt.Sprintf("http://localhost:%d", c.Port)
	}
	l.check(c)
	if len(l.bad) > 0 {
		return nil, errs.Invalid("the settings are wrong: %s", strings.Join(l.bad, "; ")).Hint("truckflow config lists every setting")
	}
	abs, err := filepath.Abs(c.DataDir)
	c.DataDir = abs
	if c.Backup.Dir == "" {
		c.Backup.Dir = filepath.Join(c.DataDir, "backups")
	}
	return c, err
}

// FromEnvironment is Load from the process's environment.
func FromEnvironment() (*Config, error) { return Load(os.LookupEnv) }

type loader struct {
	get func(string) (string, bool)
	bad []string
}

func (l *loader) fail(name, format string, a ...any) {
	l.bad = append(l.bad, name+": "+fmt.Sprintf(format, a...))
}

// text returns a variable, its _FILE's content, or its default.
func (l *loader) text(name string) string {
	var s Setting
	for _, x := range Settings {
		if x.Name == name {
			s = x
		}
	}
	if v, ok := l.get(name); ok && v != "" {
		return v
	}
	if f, ok := l.get(name + "_FILE"); ok && f != "" && s.Secret {
		b, err := os.ReadFile(f)
		if err != nil {
			l.fail(name+"_FILE", "cannot be read: %v", err)
		}
		return strings.TrimSpace(string(b))
	}
	return s.Default
}

func (l *loader) number(name string, lo, hi int) int {
	n, err := strconv.Atoi(l.text(name))
	if err != nil || n < lo || n > hi {
		l.fail(name, "must be a number from %d to %d", lo, hi)
	}
	return n
}

func (l *loader) check(c *Config) {
	for _, u := range []struct {
		name, v string
		schemes []string
	}{{"DATABASE_URL", c.DatabaseURL, []string{"postgres", "postgresql"}}, {"DATABASE_READ_URL", c.ReadURL, []string{"postgres", "postgresql"}},
		{"REDIS_URL", c.RedisURL, []string{"redis", "rediss", "unix"}},
		{"SMTP_URL", c.SMTPURL, []string{"smtp", "smtps"}}, {"S3_ENDPOINT", c.S3Endpoint, []string{"http", "https"}},
		{"OLLAMA_HOST", c.AI.Ollama.URL, []string{"http", "https"}}, {"TRUCKFLOW_AI_SERVER", c.AI.Server.URL, []string{"http", "https"}},
		{"OPENAI_BASE_URL", c.AI.OpenAI.URL, []string{"http", "https"}}, {"ANTHROPIC_BASE_URL", c.AI.Anthropic.URL, []string{"http", "https"}},
		{"TRUCKFLOW_BACKUP_DATABASE_URL", c.Backup.DatabaseURL, []string{"postgres", "postgresql"}}, {"TRUCKFLOW_BACKUP_S3_ENDPOINT", c.Backup.S3Endpoint, []string{"http", "https"}}, {"TRUCKFLOW_URL", c.PublicURL, []string{"http", "https"}},
		{"TRUCKFLOW_PROMETHEUS", c.Prometheus, []string{"http", "https"}}} {
		if u.v == "" {
			continue
		}
		p, err := url.Parse(u.v)
		ok := false
		for _, s := range u.schemes {
			ok = ok || err == nil && p.Scheme == s
		}
		if !ok {
			l.fail(u.name, "must begin with %s://", strings.Join(u.schemes, ":// or "))
		}
	}
	if c.S3Endpoint != "" && (c.S3AccessKey == "" || c.S3SecretKey == "") {
		l.fail("S3_ENDPOINT", "needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY")
	}
	if n := len(c.JWTSecret); n > 0 && n < 32 {
		l.fail("JWT_SECRET", "too weak: %d bytes, 32 are needed (openssl rand -hex 32)", n)
	}
	if s := strings.ToLower(string(c.JWTSecret)); strings.Contains(s, "secret") || strings.Contains(s, "changeme") || s != "" && strings.Count(s, s[:1]) == len(s) {
		l.fail("JWT_SECRET", "is a placeholder; use: openssl rand -hex 32")
	}
	if b := c.Backup; b.S3Endpoint != "" && (b.S3AccessKey == "" || b.S3SecretKey == "") {
		l.fail("TRUCKFLOW_BACKUP_S3_ENDPOINT", "needs TRUCKFLOW_BACKUP_S3_ACCESS_KEY_ID and TRUCKFLOW_BACKUP_S3_SECRET_ACCESS_KEY")
	}
	switch c.Backup.WAL {
	case "async", "sync", "off":
	default:
		l.fail("TRUCKFLOW_BACKUP_WAL", "must be async, sync or off")
	}
	switch c.Role {
	case All:
	case Web, Worker:
		if c.DatabaseURL == "" {
			l.fail("TRUCKFLOW_ROLE", "%s needs DATABASE_URL: the program's own database has one instance, which does everything", c.Role)
		}
	default:
		l.fail("TRUCKFLOW_ROLE", "must be all, web or worker")
	}
	switch b := c.Backup; {
	case b.Engine == "pgbackrest" && b.WAL == "sync":
		l.fail("TRUCKFLOW_BACKUP_WAL", "cannot be sync with pgBackRest, which archives whole files of the log; use async, or the builtin engine")
	case b.Engine == "pgbackrest" && strings.HasPrefix(b.S3Endpoint, "http:"):
		l.fail("TRUCKFLOW_BACKUP_S3_ENDPOINT", "must begin with https:// with pgBackRest, which speaks to no store in clear")
	case b.Engine != "pgbackrest" && b.Engine != "builtin":
		l.fail("TRUCKFLOW_BACKUP_ENGINE", "must be builtin or pgbackrest")
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		l.fail("TRUCKFLOW_LOG_LEVEL", "must be debug, info, warn or error")
	}
}

// EnsureSecrets makes the data folder (0700) and, where JWT_SECRET is unset, the
// stored one (0600), once.
func (c *Config) EnsureSecrets() error {
	if err := os.MkdirAll(c.DataDir, 0o711); err != nil {
		return errs.Unavailable("the data folder cannot be made").Hint("set TRUCKFLOW_DATA to a folder this user may write").Wrap(err)
	}
	if len(c.JWTSecret) > 0 {
		return nil
	}
	f := filepath.Join(c.DataDir, "jwt.secret")
	b, err := os.ReadFile(f)
	if os.IsNotExist(err) {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw)
		b = []byte(hex.EncodeToString(raw))
		err = os.WriteFile(f, b, 0o600)
	}
	if err != nil {
		return errs.Unavailable("the signing secret cannot be kept").Wrap(err)
	}
	c.JWTSecret = []byte(strings.TrimSpace(string(b)))
	return nil
}

// Environment returns each setting that is not its default, secrets in clear:
// what a backup keeps so that a new machine can be set up the same.
func (c *Config) Environment() map[string]string {
	l := loader{get: c.get}
	out := map[string]string{}
	for _, s := range Settings {
		if v := l.text(s.Name); v != s.Default {
			out[s.Name] = v
		}
	}
	return out
}

// Dump returns each setting with its value, secrets as "set" or "".
func (c *Config) Dump() map[string]string {
	l := loader{get: c.get}
	out := map[string]string{}
	for _, s := range Settings {
		v := l.text(s.Name)
		if s.Secret && v != "" {
			v = "(set, hidden)"
		}
		out[s.Name] = v
	}
	return out
}
