//go:build ha

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"truckflow/internal/ops/deploy"
)

// node is one server of the cluster: a network namespace with the address that was rendered for it, and a mount
// namespace in which /etc is the rendered folder laid over the machine's, and /var and /run are its own. So every
// file is used as it was rendered, addresses, ports and paths included.
type node struct {
	t      *testing.T
	server deploy.Server
	dir    string // holds what is the node's own
	holder *exec.Cmd
	env    []string // for every service

	mu   sync.Mutex
	up   bool
	runs map[string]*service
}

// service is a unit that runs, and runs again when it ends unasked, as systemd would have it.
type service struct {
	cmd   *exec.Cmd
	stop  chan struct{}
	ended chan struct{}
}

// namespace is the node's name to ip netns.
func (n *node) namespace() string { return "tfha-" + n.server.Name }

func sh(t *testing.T, script string) string {
	t.Helper()
	out, err := exec.Command("bash", "-euo", "pipefail", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

// accounts are those of the distribution's units; root where none is named.
var accounts = map[string]string{"etcd": "etcd", "patroni": "postgres", "redis-server": "redis", "redis-sentinel": "redis", "truckflow": "truckflow"}

// plug makes the switch that connects the nodes, and this machine as 10.20.0.1, by its own name tfha. It is in a
// namespace of its own: Docker, where it runs, drops what a bridge beside its own forwards.
func plug(t *testing.T) {
	t.Helper()
	unplug()
	t.Cleanup(unplug)
	sh(t, `ip netns add tfha-switch
ip -n tfha-switch link add switch type bridge
ip -n tfha-switch link set switch up
ip link add tfha type veth peer name host netns tfha-switch
ip -n tfha-switch link set host master switch up
ip addr add 10.20.0.1/24 dev tfha
ip link set tfha up`)
}

// unplug also removes what a run that was cut off left.
func unplug() {
	_ = exec.Command("ip", "link", "del", "tfha").Run()
	_ = exec.Command("ip", "netns", "del", "tfha-switch").Run()
}

func account(unit string) string {
	if strings.HasPrefix(unit, "prometheus") {
		return "prometheus"
	}
	return accounts[unit]
}

// distribution has what its own units say and our drop-ins do not replace. Type=forking is run in the foreground.
var distribution = map[string][]string{
	"haproxy":    {"/usr/sbin/haproxy", "-db", "-f", "/etc/truckflow/haproxy/haproxy.cfg"},
	"keepalived": {"/usr/sbin/keepalived", "--dont-fork", "--log-console"},
}

// raise makes the namespaces of a node from its rendered folder.
func raise(t *testing.T, root, rendered string, s deploy.Server, env []string) *node {
	t.Helper()
	n := &node{t: t, server: s, dir: filepath.Join(root, s.Name), runs: map[string]*service{}, env: env}
	ns := n.namespace()
	sh(t, fmt.Sprintf(`ip netns add %[1]s
ip -n tfha-switch link add %[1]s type veth peer name eth0 netns %[1]s
ip -n tfha-switch link set %[1]s master switch up
ip -n %[1]s addr add %[2]s/24 dev eth0
ip -n %[1]s link set eth0 up
ip -n %[1]s link set lo up
ip -n %[1]s route add default via 10.20.0.1
mkdir -p %[3]s/etc %[3]s/etc.work %[3]s/var %[3]s/var.work %[3]s/usr/bin %[3]s/usr/bin.work
ln -s %[6]s %[3]s/usr/bin/truckflow
cp -a %[4]s/hosts/%[5]s/etc/. %[3]s/etc/
mkdir -p %[3]s/etc/truckflow
cp -a %[4]s/secrets %[3]s/etc/truckflow/secrets
cp %[4]s/secrets/ca.pem %[3]s/etc/truckflow/ca.pem; chmod 644 %[3]s/etc/truckflow/ca.pem
for x in pem key; do [ ! -e %[4]s/secrets/tls/%[5]s.$x ] || cp %[4]s/secrets/tls/%[5]s.$x %[3]s/etc/truckflow/secrets/tls.$x; done
chmod 755 %[3]s %[3]s/etc %[3]s/var %[3]s/usr/bin`, ns, s.Address, n.dir, rendered, s.Name, filepath.Join(root, "truckflow")))
	n.holder = exec.Command("ip", "netns", "exec", ns, "unshare", "--mount", "--propagation", "private", "bash", "-euc", strings.ReplaceAll(`
for d in etc var usr/bin; do mount -t overlay overlay -o lowerdir=/$d,upperdir=DIR/$d,workdir=DIR/$d.work /$d; done
mount -t tmpfs -o mode=755 tmpfs /run
grep -q ^truckflow: /etc/passwd || useradd --system --home-dir /var/lib/truckflow --shell /usr/sbin/nologin truckflow
rm -rf /var/lib/postgresql/*/truckflow
install -d -o postgres -g postgres /run/postgresql /var/lib/postgresql
install -d -o etcd -g etcd -m 700 /var/lib/etcd
install -d -o redis -g redis /var/lib/redis
rm -rf /var/lib/truckflow; install -d -o truckflow -g truckflow -m 711 /var/lib/truckflow
mkdir -p /var/log/nginx /var/cache/truckflow-nginx /var/www/truckflow-acme /run/haproxy /run/credentials
nft -f /etc/nftables.conf
echo ready
exec sleep infinity`, "DIR", n.dir))
	ready, err := n.holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var bad bytes.Buffer
	n.holder.Stderr = &bad
	if err := n.holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.remove)
	if got, _ := io.ReadAll(io.LimitReader(ready, 6)); string(got) != "ready\n" {
		t.Fatalf("%s: %s %s", s.Name, got, bad.String())
	}
	return n
}

// remove ends everything in the node and forgets it.
func (n *node) remove() {
	n.crash()
	_ = n.holder.Process.Kill()
	_ = n.holder.Wait()
	_ = exec.Command("ip", "netns", "del", n.namespace()).Run()
}

// inside is a command within the node, as somebody ("" for root).
func (n *node) inside(as string, argv ...string) *exec.Cmd {
	enter := []string{"-t", strconv.Itoa(n.holder.Process.Pid), "-n", "-m", "--wd=/", "--"}
	if as != "" {
		enter = append(enter, "setpriv", "--reuid="+as, "--regid="+as, "--init-groups", "--")
	}
	return exec.Command("nsenter", append(enter, argv...)...)
}

// unit reads what a unit's file and drop-in say: commands to prepare, the command, its environment, credentials.
func (n *node) unit(name string) (pre [][]string, argv, env []string, again time.Duration) {
	n.t.Helper()
	base := filepath.Join(n.dir, "etc/systemd/system", name+".service")
	drops, _ := filepath.Glob(base + ".d/*.conf") // constant pattern
	argv, again = distribution[name], 2*time.Second
	for _, file := range append([]string{base}, drops...) {
		b, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // the distribution's
		} else if err != nil {
			n.t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch {
			case key == "Environment":
				env = append(env, strings.Trim(value, `"`))
			case key == "EnvironmentFile" && !strings.HasPrefix(value, "-"):
				b, err := os.ReadFile(filepath.Join(n.dir, value))
				if err != nil {
					n.t.Fatal(err)
				}
				env = append(env, strings.Fields(string(b))...)
			case key == "LoadCredential":
				id, from, _ := strings.Cut(value, ":")
				to := "/run/credentials/" + name + ".service"
				pre = append(pre, []string{"install", "-D", "-m", "0400", "-o", or(account(name), "root"), from, to + "/" + id}, []string{"chmod", "755", to})
			case key == "ExecStartPre" && value != "":
				pre = append(pre, []string{"bash", "-c", strings.TrimPrefix(value, "+")})
			case key == "ExecStart" && value != "":
				argv = strings.Fields(value)
			case key == "RestartSec":
				if d, err := time.ParseDuration(value); err == nil {
					again = d
				} else if s, err := strconv.Atoi(value); err == nil {
					again = time.Duration(s) * time.Second
				}
			}
		}
	}
	if len(argv) == 0 {
		n.t.Fatalf("%s says nowhere what to start", name)
	}
	if name == "nginx" {
		argv = append(argv, "-g", "daemon off;")
	}
	return pre, argv, env, again
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// start runs units until they are stopped or the node crashes.
func (n *node) start(units ...string) {
	n.t.Helper()
	for _, name := range units {
		pre, argv, env, again := n.unit(name)
		log, err := os.OpenFile(filepath.Join(n.dir, name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			n.t.Fatal(err)
		}
		s := &service{stop: make(chan struct{}), ended: make(chan struct{})}
		launch := func() error {
			for _, c := range pre {
				if out, err := n.inside("", c...).CombinedOutput(); err != nil {
					return fmt.Errorf("%v: %w %s", c, err, out)
				}
			}
			cmd := n.inside(account(name), argv...)
			cmd.Env = append(append([]string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin", "LANG=C.UTF-8", "HOME=/"}, n.env...), env...)
			cmd.Stdout, cmd.Stderr = log, log
			if err := cmd.Start(); err != nil {
				return err
			}
			n.mu.Lock()
			s.cmd = cmd
			n.mu.Unlock()
			return nil
		}
		if err := launch(); err != nil {
			n.t.Fatalf("%s on %s: %v", name, n.server.Name, err)
		}
		n.mu.Lock()
		n.runs[name], n.up = s, true
		n.mu.Unlock()
		go func() {
			defer close(s.ended)
			defer log.Close()
			for {
				_ = s.cmd.Wait()
				select {
				case <-s.stop:
					return
				case <-time.After(again):
				}
				if err := launch(); err != nil {
					fmt.Fprintf(log, "not started again: %v\n", err)
					return
				}
			}
		}()
	}
}

// kill ends a unit's main process as a power cut would; it is started again as its unit says.
func (n *node) kill(unit string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	_ = n.runs[unit].cmd.Process.Kill()
}

// stop ends a unit in order and waits.
func (n *node) stop(unit string) {
	n.mu.Lock()
	s := n.runs[unit]
	delete(n.runs, unit)
	close(s.stop)
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	n.mu.Unlock()
	<-s.ended
}

// crash kills everything in the node at once; nothing is started again until boot.
func (n *node) crash() {
	n.mu.Lock()
	runs := n.runs
	n.runs, n.up = map[string]*service{}, false
	for _, s := range runs {
		close(s.stop)
	}
	n.mu.Unlock()
	for range 3 { // what is just being started is met by the next round
		out, _ := exec.Command("ip", "netns", "pids", n.namespace()).Output()
		for _, f := range strings.Fields(string(out)) {
			if pid, err := strconv.Atoi(f); err == nil && pid != n.holder.Process.Pid {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, s := range runs {
		<-s.ended
	}
}

// process is a unit's main process as it is now.
func (n *node) process(unit string) *os.Process {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.runs[unit].cmd.Process
}

// cut has packets vanish as when a switch fails, until heal: of what comes to the node those that rules in meet, of what
// it sends those that rules out meet.
func (n *node) cut(in, out string) {
	n.t.Helper()
	rules := "table inet cut { chain in { type filter hook input priority -300; iif lo accept; " + in + "; }; chain out { type filter hook output priority -300; oif lo accept; " + out + "; }; }"
	if said, err := n.inside("", "nft", rules).CombinedOutput(); err != nil {
		n.t.Fatalf("nft: %v %s", err, said)
	}
}

func (n *node) heal() {
	n.t.Helper()
	if out, err := n.inside("", "nft", "delete table inet cut").CombinedOutput(); err != nil {
		n.t.Fatalf("nft: %v %s", err, out)
	}
}

// haServices are what each role runs, in the order in which they start: what others need comes first.
var haServices = []struct{ role, unit string }{{deploy.Etcd, "etcd"}, {deploy.Database, "patroni"}, {deploy.CacheNode, "redis-server"}, {deploy.Sentinel, "redis-sentinel"},
	{deploy.App, "haproxy"}, {deploy.App, "truckflow"}, {deploy.Balancer, "nginx"}, {deploy.Balancer, "keepalived"},
	{deploy.Database, "prometheus-postgres-exporter"}, {deploy.CacheNode, "prometheus-redis-exporter"}, {deploy.Balancer, "prometheus-nginx-exporter"},
	{deploy.Monitor, "prometheus-blackbox-exporter"}, {deploy.Monitor, "prometheus-alertmanager"}, {deploy.Monitor, "prometheus"}}

// units are what the node runs, by its roles.
func (n *node) units() (all []string) {
	for _, x := range haServices {
		if n.server.Has(x.role) {
			all = append(all, x.unit)
		}
	}
	return append(all, "prometheus-node-exporter")
}

// boot starts all of them.
func (n *node) boot() { n.t.Helper(); n.start(n.units()...) }

// said is the end of a unit's log.
func (n *node) said(unit string, count int) string {
	b, _ := os.ReadFile(filepath.Join(n.dir, unit+".log")) // none: nothing was said
	return tail(string(b), count)
}
