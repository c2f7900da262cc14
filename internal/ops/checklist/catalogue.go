package checklist

import (
	"context"

	"truckflow/internal/ops/harden"
)

// The specification's sixteen lines.
const (
	askedServer      = "Server provisioned and secured"
	askedDomain      = "Domain configured with DNS"
	askedTLS         = "SSL certificates installed"
	askedDatabase    = "Database initialized with schema"
	askedEnvironment = "Environment variables configured"
	askedBackup      = "Backup system tested"

	askedHealth      = "Application health checks passing"
	askedMonitoring  = "Monitoring dashboards configured"
	askedLogs        = "Log aggregation working"
	askedScheduled   = "Backup scripts scheduled"
	askedPerformance = "Performance testing completed"
	askedScan        = "Security scan passed"

	askedUpdates = "Weekly security updates"
	askedRestore = "Monthly backup restoration tests"
	askedReview  = "Quarterly performance reviews"
	askedAudit   = "Annual security audits"
)

// How long a person's word holds, in days.
const (
	quarter = 92
	year    = 366
)

const (
	fixAudit  = "truckflow harden audit: each failure has its command"
	fixScrape = "scrape this program's /metrics and name Prometheus: TRUCKFLOW_PROMETHEUS=http://127.0.0.1:9090"
)

// catalogue has every item, in the order of the specification.
var catalogue = []entry{
	{id: "server.provisioned", phase: Pre, asked: askedServer, title: "The machine has room to work", probe: provisioned, fix: "a larger machine or disk: truckflow scale capacity says for how many trucks"},
	{id: "server.secured", phase: Pre, asked: askedServer, title: "Firewall, SSH, Fail2Ban, VPN and kernel are strict", probe: hardened("firewall.", "ssh.", "fail2ban.", "wireguard.", "host."), fix: fixAudit},
	{id: "domain.dns", phase: Pre, asked: askedDomain, title: "The name people use leads here", probe: domain, fix: "point the name's A and AAAA records at this server, and set TRUCKFLOW_URL=https://NAME"},
	{id: "tls.chain", phase: Pre, asked: askedTLS, title: "The certificate is trusted and for this name", probe: site(harden.TLSChain), fix: "certbot certonly --webroot -d NAME, serve fullchain.pem, and set TRUCKFLOW_URL=https://NAME"},
	{id: "tls.expiry", phase: Pre, asked: askedTLS, title: "The certificate is renewed in time", probe: site(harden.TLSExpiry), fix: "certbot renew && systemctl reload nginx, and look why the timer did not", note: "not a box that is ticked once: certificates live for 90 days, soon for 45, so the days left are looked at each time"},
	{id: "tls.only", phase: Pre, asked: askedTLS, title: "Nothing is reached around TLS", probe: onlyTLS, fix: fixAudit},
	{id: "database.schema", phase: Pre, asked: askedDatabase, title: "Every migration of this version is applied", probe: schema, fix: "start truckflow serve once with this version: it migrates the database"},
	{id: "database.rows", phase: Pre, asked: askedDatabase, title: "Row security is forced on every company's rows", probe: rowSecurity, fix: "CALL tenant_table('NAME') as the owner of the tables"},
	{id: "config.valid", phase: Pre, asked: askedEnvironment, title: "The settings are complete and agree with each other", probe: settings, fix: "truckflow config"},
	{id: "config.secrets", phase: Pre, asked: askedEnvironment, title: "Secrets cannot be guessed or read by others", probe: hardened("secrets.", "files."), fix: fixAudit},
	{id: "config.mail", phase: Pre, asked: askedEnvironment, title: "Mail leaves the house", probe: mailed, days: year, fix: "set SMTP_URL and TRUCKFLOW_MAIL_FROM; or, where mail is meant to be kept in the app"},
	{id: "backup.verified", phase: Pre, asked: askedBackup, title: "The newest backup was read back and is whole", probe: backupVerified, days: quarter, fix: "truckflow backup run"},
	{id: "backup.drill", phase: Pre, asked: askedBackup, title: "A restore was rehearsed within two weeks", probe: drilled(14), days: quarter, fix: "truckflow backup drill"},
	{id: "backup.key", phase: Pre, asked: askedBackup, title: "There is a recovery key for a lost server", probe: recoveryKey, days: quarter, fix: "truckflow backup init"},
	{id: "backup.key-kept", phase: Pre, asked: askedBackup, title: "The recovery key is kept away from this server and was tried", days: year, fix: "truckflow backup verify --key recovery.key on another machine"},

	{id: "app.ready", phase: Post, asked: askedHealth, title: "The program answers that it is ready", probe: ready, fix: "systemctl status truckflow; start it: truckflow serve"},
	{id: "app.services", phase: Post, asked: askedHealth, title: "Database, cache, files, mail and backups answer", probe: services, fix: "/operations says which, and what to do; while the program is stopped: truckflow doctor"},
	{id: "monitoring.scrape", phase: Post, asked: askedMonitoring, title: "Prometheus has this program's figures", probe: scraped, days: year, fix: fixScrape},
	{id: "monitoring.rules", phase: Post, asked: askedMonitoring, title: "Alert rules are loaded", probe: alertRules, days: year, fix: "load the rendered rules into Prometheus (rule_files:) and reload it"},
	{id: "monitoring.dashboards", phase: Post, asked: askedMonitoring, title: "Somebody looks at the dashboards, and a test alert reached a person", days: year, fix: "open Grafana; send a test alert: amtool alert add test"},
	{id: "logs.written", phase: Post, asked: askedLogs, title: "The log is written", probe: logWritten, fix: "start truckflow serve as a user who may write the logs folder"},
	{id: "logs.bounded", phase: Post, asked: askedLogs, title: "The log is rotated and cannot fill the disk", probe: logBounded, fix: "remove what another program put into the logs folder; ours rotates at 50 MB and keeps five of each"},
	{id: "logs.errors", phase: Post, asked: askedLogs, title: "No error was logged since yesterday", probe: logErrors, fix: "read error.log in the logs folder; each line has the request's id"},
	{id: "logs.collected", phase: Post, asked: askedLogs, title: "Logs are collected away from this machine", days: year, fix: "ship combined.log with your collector (Vector, Promtail, rsyslog imfile)", note: "the specification names log aggregation and no part that does it; for a single server the rotated folder may do: then say so"},
	{id: "backup.scheduled", phase: Post, asked: askedScheduled, title: "Backups are taken by themselves, and the log is archived now", probe: scheduled, days: quarter, fix: "truckflow backup status", note: "a dump every six hours cannot lose less than an hour; the log is archived as it is written"},
	{id: "performance.tested", phase: Post, asked: askedPerformance, title: "It was tested under the load that is expected", days: year, fix: "make bench; truckflow scale capacity --trucks N; note both figures"},
	{id: "security.scan", phase: Post, asked: askedScan, title: "The audit finds nothing grave", probe: hardened(""), fix: fixAudit},

	{id: "updates.daily", phase: Ongoing, asked: askedUpdates, title: "Security updates install themselves", probe: hardened("updates."), fix: fixAudit, note: "the specification says weekly; unattended-upgrades does it daily, because holes are used within days"},
	{id: "updates.applied", phase: Ongoing, asked: askedUpdates, title: "Updates were looked for within a week", probe: updated, fix: "sudo apt-get update && sudo apt-get upgrade; systemctl status apt-daily-upgrade.timer"},
	{id: "updates.program", phase: Ongoing, asked: askedUpdates, title: "No module of the program has a known hole", probe: hardened("app.vulnerable"), fix: "curl -O https://vuln.go.dev/vulndb.zip, then: TRUCKFLOW_VULNDB=/path/to/vulndb.zip"},
	{id: "restore.monthly", phase: Ongoing, asked: askedRestore, title: "A restore worked within a month", probe: drilled(31), days: 31, fix: "truckflow backup drill; truckflow checklist report restore", note: "the program rehearses a restore every week by itself; once a month was too seldom to trust"},
	{id: "performance.review", phase: Ongoing, asked: askedReview, title: "A person reviewed the quarter's performance", days: quarter, fix: "truckflow checklist report performance", facts: factsOf(Performance)},
	{id: "security.audit", phase: Ongoing, asked: askedAudit, title: "A person audited the security this year", days: year, fix: "truckflow checklist report security", facts: factsOf(Security)},
}

// site runs one of harden's probes on the address people use.
func site(probe func(context.Context, harden.Target) harden.Item) func(context.Context, *look) finding {
	return func(ctx context.Context, l *look) finding {
		t, ok := l.site()
		if !ok {
			return found(Red, "people reach it at %s, without TLS", l.Config.PublicURL)
		}
		i := probe(ctx, t)
		return found(of[i.Status], "%s", i.Evidence)
	}
}

// onlyTLS is no question where there is no TLS: a program that only this machine
// reaches is not ready to go live.
func onlyTLS(ctx context.Context, l *look) finding {
	if _, ok := l.site(); !ok {
		return found(Red, "people reach it at %s, without TLS", l.Config.PublicURL).mend("set TRUCKFLOW_URL=https://NAME and put nginx in front")
	}
	return hardened("app.exposed", "tls.redirect", "tls.hsts")(ctx, l)
}

// of translates the audit's words.
var of = map[harden.Status]Status{harden.Pass: Green, harden.Fail: Red, harden.NotApplicable: NotApplicable, harden.CannotTell: CannotTell}
