package deploy

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
)

// secretsDir is where they lie within a deployment: 0700, each file 0400 and its
// reader's.
const secretsDir = "secrets"

// secret is one file below secrets/. Exactly one of Made, Given and from is its origin.
type secret struct {
	Name string
	UID  int                    // of the account in the container that reads it
	Made bool                   // 256 random bits, made once
	as   func() (string, error) // how, where it is not bits alone
	// Given secrets are somebody else's (a mail account's): the operator writes them.
	Given bool
	// from computes it from others; it follows when they change.
	from func(p Plan, get func(string) string) string
}

// Accounts of the images.
const (
	uidApp, uidPostgres, uidRedis, uidGrafana, uidNobody = 10001, 999, 999, 472, 65534
)

// secretsOf lists what p's services read.
func secretsOf(p Plan) []secret {
	same := func(name string) func(Plan, func(string) string) string {
		return func(_ Plan, get func(string) string) string { return get(name) }
	}
	all := []secret{
		{Name: "postgres_password", UID: uidPostgres, Made: true},
		{Name: "owner_password", UID: uidPostgres, Made: true},
		{Name: "exporter_password", UID: uidPostgres, Made: true},
		{Name: "backup_password", UID: uidPostgres, Made: true},
		{Name: "exporter_login", UID: uidNobody, from: same("exporter_password")},
		{Name: "backup_url", UID: uidApp, from: func(p Plan, get func(string) string) string {
			return fmt.Sprintf("postgres://backup:%s@%s", get("backup_password"), databaseOf(p))
		}},
		{Name: "database_url", UID: uidApp, from: func(p Plan, get func(string) string) string {
			s := fmt.Sprintf("postgres://truckflow:%s@%s", get("owner_password"), databaseOf(p))
			if p.IsCluster() { // one that is no primary any more is not taken; a replication connection could not ask
				s += "&target_session_attrs=read-write"
			}
			return s
		}},
		{Name: "redis_password", Made: true},
		{Name: "redis_probe", UID: uidRedis, Made: true},
	}
	if p.IsCluster() {
		all = append(all, redisSecrets...) // before the list that holds their hashes
	}
	all = append(all, []secret{
		{Name: "redis_acl", UID: uidRedis, from: redisACL},
		{Name: "redis_url", UID: uidApp, from: func(p Plan, get func(string) string) string {
			if p.IsCluster() {
				return sentinelURL(p, get("redis_password"))
			}
			return fmt.Sprintf("redis://truckflow:%s@%s:6379/0", get("redis_password"), hostOf(p, "redis"))
		}},
		{Name: "redis_exporter", UID: uidNobody, from: func(p Plan, get func(string) string) string {
			at := hostOf(p, "redis") + ":6379"
			// Newer exporters look under the address with the user, Debian's under the one
			// without. A map of strings always encodes.
			b, _ := json.Marshal(map[string]string{"redis://exporter@" + at: get("redis_probe"), "redis://" + at: get("redis_probe")})
			return string(b)
		}},
		{Name: "jwt_secret", UID: uidApp, Made: true},
		{Name: "grafana_password", UID: uidGrafana, Made: true},
	}...)
	if p.IsCluster() {
		all = append(all, clusterSecrets...)
	}
	if p.Mail.Server != "" {
		if p.Mail.User != "" {
			all = append(all, secret{Name: "smtp_password", UID: uidNobody, Given: true})
		}
		all = append(all, secret{Name: "smtp_url", UID: uidApp, from: func(p Plan, get func(string) string) string {
			u := url.URL{Scheme: "smtp", Host: p.Mail.Server}
			if strings.HasSuffix(p.Mail.Server, ":465") {
				u.Scheme = "smtps"
			}
			if p.Mail.User != "" {
				u.User = url.UserPassword(p.Mail.User, get("smtp_password"))
			}
			return u.String()
		}})
	}
	if p.Backup.Endpoint != "" {
		all = append(all, secret{Name: "backup_s3_secret_key", UID: uidApp, Given: true})
	}
	if p.Files.Store == "s3" {
		all = append(all, secret{Name: "s3_secret_key", UID: uidApp, Given: true})
	}
	if p.Topology == K8s {
		all = kubeSecrets(all)
	}
	return all
}

// hostOf is where a service is found: by its name between containers.
func hostOf(p Plan, service string) string {
	switch {
	case p.Native():
		return "127.0.0.1"
	case p.Topology == K8s:
		return "truckflow-" + service
	}
	return service
}

// redisACL gives the program its own keys and channels, the exporter figures, and
// everybody else nothing (31). Passwords stand there as hashes.
func redisACL(p Plan, get func(string) string) string {
	hash := func(name string) string { return hash([]byte(get(name))) }
	list := fmt.Sprintf("user default off\nuser truckflow on #%s resetkeys ~truckflow:* resetchannels &truckflow:news:* -@all +@read +@write +@connection +@pubsub +@scripting +@transaction +time -@dangerous +role\n"+
		"user exporter on #%s resetkeys resetchannels -@all +ping +info +client|setname +client|getname +client|list +config|get +slowlog|len +slowlog|get +latency|latest +latency|histogram +select +hello\n",
		hash("redis_password"), hash("redis_probe"))
	if p.IsCluster() { // the list of Redis' documentation: what a replica asks its primary, what Sentinel does
		list += fmt.Sprintf("user replica on #%s resetkeys resetchannels -@all +psync +replconf +ping\n"+
			"user sentinel on #%s resetkeys allchannels -@all +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|setname +client|kill +script|kill\n",
			hash("redis_replication"), hash("sentinel_password"))
	}
	return list
}

// MakeSecrets writes the secrets that p needs and dir lacks, makes those that
// follow from others again, and returns what the operator has still to write.
// Nothing that exists is made anew: a password that changed under a running
// database locks the program out.
func MakeSecrets(dir string, p Plan) (missing []string, err error) {
	folder := filepath.Join(dir, secretsDir)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, errs.Unavailable("%s cannot be made", folder).Wrap(err)
	}
	have := map[string]string{}
	for _, s := range secretsOf(p) {
		file := filepath.Join(folder, s.Name)
		old, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, errs.Unavailable("secret %s cannot be read", s.Name).Wrap(err)
		}
		v := strings.TrimSpace(string(old))
		switch {
		case s.from != nil:
			v = s.from(p, func(n string) string { return have[n] })
		case s.Made && v == "" && s.as != nil:
			if v, err = s.as(); err != nil {
				return nil, err
			}
		case s.Made && v == "":
			raw := make([]byte, 32)
			_, _ = rand.Read(raw) // never fails
			v = hex.EncodeToString(raw)
		case s.Given && v == "":
			missing = append(missing, filepath.Join(secretsDir, s.Name))
			continue
		}
		have[s.Name] = v
		uid := s.UID
		if p.Native() || p.Topology == K8s {
			uid = 0 // systemd and Kubernetes hand each service a copy of its own
		}
		if err := writeSecret(file, v, string(old), uid); err != nil {
			return nil, errs.Unavailable("secret %s cannot be written", s.Name).Wrap(err)
		}
	}
	if p.IsCluster() {
		err = makeCertificates(folder, p, clock.System.Now())
	}
	return missing, err
}

// writeSecret replaces the file whole and gives it to its reader, which only root can.
func writeSecret(file, v, old string, uid int) error {
	if v != strings.TrimSpace(old) {
		if err := durable.WriteFile(file, []byte(v+"\n"), 0o400); err != nil {
			return err
		}
	}
	if os.Geteuid() == 0 {
		return os.Chown(file, uid, -1)
	}
	return nil
}
