package harden

// Where the rules come from.
const (
	specSetup  = "specification, Security Setup"
	specTLS    = "specification, SSL/TLS Configuration"
	specEnv    = "specification, Environment Variables"
	specCheck  = "specification, Deployment Checklist"
	cisHost    = "CIS Ubuntu Linux 22.04 Benchmark"
	cisSSH     = cisHost + ", Configure SSH Server"
	cisDocker  = "CIS Docker Benchmark 1.6.0, Container Runtime"
	cisPG      = "CIS PostgreSQL 16 Benchmark"
	mozillaTLS = "Mozilla Server Side TLS, intermediate"
	mozillaWeb = "Mozilla Web Security guidelines"
	redisSec   = "Redis documentation, Redis security"
)

// catalogue has every item once. The audit reports each, in this order.
var catalogue = []Item{
	{ID: "firewall.deny", Title: "What is not allowed is refused, for IPv4 and IPv6", Area: "firewall", Severity: High, Source: specSetup, Fix: "truckflow harden render --out hardening && sudo truckflow harden apply hardening"},
	{ID: "firewall.ssh", Title: "SSH is open to known addresses only", Area: "firewall", Severity: Medium, Source: specSetup + ": port 22 restricted IPs only", Fix: "truckflow harden render --ssh-from YOUR.NET/24 --out hardening && sudo truckflow harden apply hardening"},
	{ID: "firewall.inside", Title: "Databases, AI and monitoring are not open to the world", Area: "firewall", Severity: High, Source: specSetup + ": 5432 and 6379 internal only", Fix: "truckflow harden render --out hardening && sudo truckflow harden apply hardening"},
	{ID: "firewall.sockets", Title: "Nothing unexpected can be reached from outside", Area: "firewall", Severity: High, Source: specSetup, Fix: "bind the service to 127.0.0.1, or close its port: truckflow harden render --out hardening"},
	{ID: "firewall.docker", Title: "Published container ports do not bypass the firewall", Area: "firewall", Severity: High, Source: "Docker documentation, Packet filtering and firewalls: published ports bypass UFW", Fix: "publish on 127.0.0.1: only, or add rules to DOCKER-USER: truckflow harden render --docker --out hardening"},

	{ID: "ssh.passwords", Title: "SSH takes keys, not passwords", Area: "ssh", Severity: High, Source: cisSSH, Fix: "PasswordAuthentication no and KbdInteractiveAuthentication no in /etc/ssh/sshd_config.d/10-truckflow.conf (truckflow harden render)"},
	{ID: "ssh.root", Title: "Root does not sign in over SSH", Area: "ssh", Severity: Medium, Source: cisSSH, Fix: "PermitRootLogin no in /etc/ssh/sshd_config.d/10-truckflow.conf (truckflow harden render)"},
	{ID: "ssh.empty", Title: "No empty passwords over SSH", Area: "ssh", Severity: High, Source: cisSSH, Fix: "PermitEmptyPasswords no in /etc/ssh/sshd_config.d/10-truckflow.conf (truckflow harden render)"},
	{ID: "ssh.who", Title: "SSH names who may sign in", Area: "ssh", Severity: Low, Source: cisSSH, Fix: "truckflow harden render --ssh-user NAME --out hardening"},
	{ID: "ssh.tries", Title: "SSH allows few tries and waits little", Area: "ssh", Severity: Low, Source: cisSSH, Fix: "MaxAuthTries 4, LoginGraceTime 60 in /etc/ssh/sshd_config.d/10-truckflow.conf (truckflow harden render)"},
	{ID: "ssh.forwarding", Title: "SSH forwards neither screens nor ports", Area: "ssh", Severity: Low, Source: cisSSH, Fix: "X11Forwarding no, AllowTcpForwarding no in /etc/ssh/sshd_config.d/10-truckflow.conf (truckflow harden render)"},
	{ID: "ssh.crypto", Title: "SSH offers no weak ciphers, MACs or key exchanges", Area: "ssh", Severity: Medium, Source: "Mozilla OpenSSH guidelines; " + cisSSH, Fix: "the Ciphers, MACs and KexAlgorithms lines of truckflow harden render"},

	{ID: "fail2ban.ssh", Title: "Fail2Ban watches SSH", Area: "fail2ban", Severity: Medium, Source: specSetup + ": Fail2Ban", Fix: "sudo apt-get install fail2ban; truckflow harden render --out hardening && sudo truckflow harden apply hardening"},
	{ID: "fail2ban.nginx", Title: "Fail2Ban watches nginx", Area: "fail2ban", Severity: Low, Source: specSetup + ": Fail2Ban", Fix: "truckflow harden render --out hardening && sudo truckflow harden apply hardening"},
	{ID: "fail2ban.login", Title: "Fail2Ban watches the program's own sign-in", Area: "fail2ban", Severity: Medium, Source: specSetup + ": Fail2Ban", Fix: "truckflow harden render --out hardening && sudo truckflow harden apply hardening"},

	{ID: "wireguard.up", Title: "WireGuard carries administration", Area: "wireguard", Severity: Low, Source: specSetup + ": VPN", Fix: "truckflow harden render --wireguard-peer laptop --wireguard-peer phone --out hardening && sudo truckflow harden apply hardening"},
	{ID: "wireguard.keys", Title: "WireGuard's keys are its own", Area: "wireguard", Severity: High, Source: "wg(8)", Fix: "sudo chmod 600 /etc/wireguard/*.conf"},

	{ID: "updates.daily", Title: "Security updates install themselves every day", Area: "updates", Severity: High, Source: specCheck + ": weekly security updates", Fix: "sudo apt-get install unattended-upgrades; truckflow harden render --out hardening && sudo truckflow harden apply hardening"},
	{ID: "updates.reboot", Title: "No update waits for a restart", Area: "updates", Severity: Medium, Source: cisHost + ", Ensure updates are installed", Fix: "sudo systemctl reboot"},

	{ID: "host.sysctl", Title: "The kernel refuses spoofed and redirected traffic", Area: "host", Severity: Medium, Source: cisHost + ", Network Configuration", Fix: "truckflow harden render --out hardening && sudo truckflow harden apply hardening"},
	{ID: "host.clock", Title: "The clock is kept right", Area: "host", Severity: Medium, Source: cisHost + ", Configure Time Synchronization", Fix: "sudo apt-get install chrony"},
	{ID: "host.root", Title: "The program does not run as root", Area: "host", Severity: Medium, Source: cisHost, Fix: "run truckflow serve as a user of its own: useradd --system truckflow"},

	{ID: "tls.versions", Title: "TLS 1.2 and 1.3, nothing older", Area: "tls", Severity: High, Source: mozillaTLS + "; " + specTLS, Fix: "ssl_protocols TLSv1.2 TLSv1.3;"},
	{ID: "tls.ciphers", Title: "Only suites with forward secrecy and authenticated encryption", Area: "tls", Severity: Medium, Source: mozillaTLS, Fix: "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;"},
	{ID: "tls.chain", Title: "The certificate is trusted and for this name", Area: "tls", Severity: High, Source: specCheck + ": SSL certificates installed", Fix: "serve the full chain: certbot certonly --webroot -d NAME; ssl_certificate …/fullchain.pem;"},
	{ID: "tls.expiry", Title: "The certificate is renewed in time", Area: "tls", Severity: High, Source: "Let's Encrypt: from 90 to 45 days; renew at a third of the life left", Fix: "certbot renew && systemctl reload nginx, and look why the timer did not"},
	{ID: "tls.redirect", Title: "Plain HTTP leads to HTTPS", Area: "tls", Severity: Medium, Source: mozillaWeb, Fix: "server { listen 80; return 301 https://$host$request_uri; }"},
	{ID: "tls.hsts", Title: "Browsers are told to use HTTPS only", Area: "tls", Severity: Medium, Source: mozillaWeb + "; " + specTLS, Fix: `add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;`},
	{ID: "web.headers", Title: "Security headers come with every answer, errors too", Area: "web", Severity: Medium, Source: mozillaWeb + "; " + specTLS, Fix: "put the add_header lines, each with always, into one file and include it in every location"},
	{ID: "web.banner", Title: "The server does not tell its version", Area: "web", Severity: Low, Source: mozillaWeb, Fix: "server_tokens off;"},

	{ID: "postgres.passwords", Title: "PostgreSQL keeps passwords as SCRAM", Area: "postgres", Severity: High, Source: cisPG + ", Login", Fix: "ALTER SYSTEM SET password_encryption = 'scram-sha-256'; SELECT pg_reload_conf(); then set each password again with \\password"},
	{ID: "postgres.hba", Title: "PostgreSQL asks everybody for a password, and over TLS from afar", Area: "postgres", Severity: High, Source: cisPG + ", Login", Fix: "in pg_hba.conf: hostssl truckflow truckflow_app 10.0.0.0/8 scram-sha-256, and no trust, password, md5 or plain host from afar"},
	{ID: "postgres.tls", Title: "PostgreSQL speaks TLS where it leaves the machine", Area: "postgres", Severity: Medium, Source: cisPG + ", Connection", Fix: "ssl = on with a certificate; sslmode=verify-full in DATABASE_URL"},
	{ID: "postgres.role", Title: "The program is neither superuser nor past row security", Area: "postgres", Severity: High, Source: cisPG + ", Access Control", Fix: "as superuser: GRANT truckflow_app TO truckflow; GRANT CONNECT, TEMPORARY ON DATABASE truckflow TO truckflow_app; and neither of them SUPERUSER, BYPASSRLS, CREATEROLE, CREATEDB or REPLICATION; then restart truckflow, which turns into truckflow_app"},
	{ID: "postgres.rows", Title: "Row security is forced on every tenant table", Area: "postgres", Severity: High, Source: "ARCHITECTURE.md, Data and tenancy", Fix: "CALL tenant_table('NAME') as the owner"},
	{ID: "postgres.durable", Title: "What was committed survives a power cut", Area: "postgres", Severity: High, Source: "PostgreSQL documentation, 20.5 Write Ahead Log", Fix: "ALTER SYSTEM RESET fsync; ALTER SYSTEM RESET full_page_writes; ALTER SYSTEM RESET synchronous_commit; SELECT pg_reload_conf()"},

	{ID: "redis.password", Title: "Redis answers nobody without a password", Area: "redis", Severity: High, Source: redisSec, Fix: "in redis.conf: user default off, and user truckflow on >LONG-RANDOM ~* &* +@all -@dangerous +info"},
	{ID: "redis.bind", Title: "Redis listens inside only", Area: "redis", Severity: High, Source: redisSec + "; " + specSetup, Fix: "bind 127.0.0.1 -::1 and protected-mode yes in redis.conf"},
	{ID: "redis.commands", Title: "The program's Redis user may not reconfigure or empty it", Area: "redis", Severity: Medium, Source: redisSec, Fix: "ACL SETUSER truckflow -@dangerous -@admin +info"},
	{ID: "redis.disk", Title: "Redis writes no cached secrets to disk", Area: "redis", Severity: Low, Source: redisSec, Fix: "truckflow tune redis --purpose cache --apply"},

	{ID: "compose.loads", Title: "The Compose file can be read, and all it names is there", Area: "containers", Severity: High, Source: "Compose specification", Fix: "truckflow deploy render --topology single --out DIR"},
	{ID: "compose.ports", Title: "Only the proxy is published to the world", Area: "containers", Severity: High, Source: cisDocker + "; " + specSetup, Fix: `no ports:, or ports: ["127.0.0.1:3000:3000"]`},
	{ID: "compose.images", Title: "Images are pinned", Area: "containers", Severity: Medium, Source: cisDocker, Fix: "image: postgres:16.14@sha256:…"},
	{ID: "compose.user", Title: "Containers do not run as root", Area: "containers", Severity: Medium, Source: cisDocker, Fix: `user: "10001:10001"`},
	{ID: "compose.rights", Title: "Containers can gain no rights", Area: "containers", Severity: Medium, Source: cisDocker, Fix: "cap_drop: [ALL]\nsecurity_opt: [no-new-privileges:true]"},
	{ID: "compose.readonly", Title: "Containers cannot change themselves", Area: "containers", Severity: Low, Source: cisDocker, Fix: "read_only: true with tmpfs: [/tmp]"},
	{ID: "compose.limits", Title: "One container cannot starve the others", Area: "containers", Severity: Medium, Source: cisDocker, Fix: "deploy.resources.limits.memory and pids_limit"},
	{ID: "compose.health", Title: "Containers are checked and logs are bounded", Area: "containers", Severity: Low, Source: cisDocker, Fix: "healthcheck:, and logging: {options: {max-size: 10m, max-file: \"5\"}}"},
	{ID: "compose.secrets", Title: "Secrets are files, not variables, and none is missing or in the clear", Area: "containers", Severity: High, Source: "Docker documentation, Manage secrets in Compose", Fix: "secrets: with file:, and POSTGRES_PASSWORD_FILE=/run/secrets/…; ${NAME:?} where a variable must be"},
	{ID: "compose.networks", Title: "Databases are on a network without a way out", Area: "containers", Severity: Medium, Source: cisDocker, Fix: "networks: data: {internal: true}"},
	{ID: "compose.socket", Title: "No container holds the host", Area: "containers", Severity: High, Source: cisDocker, Fix: "no privileged:, no /var/run/docker.sock, no network_mode: host, no pid: host"},
	{ID: "nginx.file", Title: "nginx's file loads and is strict", Area: "containers", Severity: High, Source: specTLS + "; " + mozillaTLS, Fix: "truckflow deploy render --topology single --out DIR"},
	{ID: "postgres.file", Title: "PostgreSQL's file loads and fits into the memory", Area: "containers", Severity: High, Source: "specification, Database Tuning", Fix: "truckflow tune postgres --ram … --cores … --conf"},

	{ID: "files.data", Title: "The data folder is the program's alone", Area: "files", Severity: High, Source: cisHost + ", System File Permissions", Fix: "chmod -R go-rwx the folder named"},
	{ID: "files.secrets", Title: "Secrets can be read by their owner only", Area: "files", Severity: High, Source: specEnv, Fix: "chmod 600 the file named"},
	{ID: "secrets.strong", Title: "Secrets cannot be guessed", Area: "secrets", Severity: High, Source: specEnv, Fix: "openssl rand -hex 32"},
	{ID: "secrets.age", Title: "Secrets are changed once a year", Area: "secrets", Severity: Low, Source: specCheck + ": annual security audits", Fix: "make a new one (openssl rand -hex 32), give it to both sides, restart"},

	{ID: "app.exposed", Title: "The program is reached through TLS only", Area: "app", Severity: High, Source: specTLS, Fix: "unset TRUCKFLOW_LISTEN (127.0.0.1) and put nginx in front; set TRUCKFLOW_URL=https://…"},
	{ID: "app.vulnerable", Title: "No module of the program has a known hole", Area: "app", Severity: High, Source: "Go vulnerability database", Fix: "update to the newest release of the program"},
}
