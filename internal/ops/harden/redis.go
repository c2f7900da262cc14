package harden

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/lines"

	"github.com/redis/rueidis"
)

// RedisItems looks at the Redis of address with the program's own rights, and
// once without any.
func RedisItems(ctx context.Context, address string) []Item {
	items := []Item{item("redis.password"), item("redis.bind"), item("redis.commands"), item("redis.disk")}
	u, err := url.Parse(address)
	opt, err2 := rueidis.ParseURL(address)
	if err != nil || err2 != nil {
		return unknownAll(items, "REDIS_URL cannot be understood")
	}
	items[0] = redisPassword(items[0], u, opt)
	opt.DisableCache, opt.DisableRetry, opt.ForceSingleClient, opt.Dialer = true, true, true, net.Dialer{Timeout: 5 * time.Second}
	c, err := rueidis.NewClient(opt)
	if err != nil {
		return append(items[:1], unknownAll(items[1:], "Redis does not answer, or not to this password")...)
	}
	defer c.Close()
	conf, confErr := c.Do(ctx, c.B().ConfigGet().Parameter("bind", "protected-mode", "save", "appendonly", "maxmemory-policy").Build()).AsStrMap()
	items[1], items[3] = redisBind(items[1], u, conf, confErr), redisDisk(items[3], conf, confErr)
	items[2] = redisCommands(ctx, items[2], c)
	return items
}

func unknownAll(items []Item, text string) []Item {
	for n := range items {
		items[n] = items[n].unknown("%s", text)
	}
	return items
}

// redisPassword knocks without a password.
func redisPassword(i Item, u *url.URL, opt rueidis.ClientOption) Item {
	network, addr := "tcp", opt.InitAddress[0]
	if u.Scheme == "unix" {
		network, addr = "unix", u.Path
	}
	if opt.TLSConfig != nil {
		opt.Username, opt.Password = "", ""
		opt.DisableCache, opt.DisableRetry, opt.ForceSingleClient = true, true, true
		c, err := rueidis.NewClient(opt)
		if err != nil {
			return i.pass("it does not answer without a password")
		}
		c.Close()
		return i.fail("it answers without a password")
	}
	c, err := net.DialTimeout(network, addr, 5*time.Second)
	if err != nil {
		return i.unknown("Redis does not answer")
	}
	defer c.Close()
	buf := make([]byte, 256)
	err = c.SetDeadline(time.Now().Add(5 * time.Second))
	if err == nil {
		_, err = c.Write([]byte("PING\r\n"))
	}
	n := 0
	if err == nil {
		n, err = c.Read(buf)
	}
	switch said := lines.First(string(buf[:n])); {
	case err != nil:
		return i.unknown("%s", why(err))
	case strings.HasPrefix(said, "-NOAUTH"), strings.HasPrefix(said, "-NOPERM"):
		return i.pass("without a password it says: %s", said)
	case strings.HasPrefix(said, "-DENIED"):
		return i.unknown("it answers this machine with: %s", said)
	default:
		return i.fail("it answers anybody who reaches it: %s", said)
	}
}

func redisBind(i Item, u *url.URL, conf map[string]string, err error) Item {
	if u.Scheme == "unix" {
		return i.pass("a Unix socket")
	}
	if err != nil {
		return i.unknown("CONFIG GET: %s", why(err))
	}
	var wide []string
	for _, a := range strings.Fields(conf["bind"]) {
		ip, perr := netip.ParseAddr(strings.TrimPrefix(a, "-"))
		if perr != nil || !ip.IsLoopback() && !ip.IsPrivate() {
			wide = append(wide, a)
		}
	}
	if conf["bind"] == "" {
		wide = []string{"every interface"}
	}
	switch {
	case len(wide) > 0:
		return i.fail("it listens on %s, protected-mode is %s", strings.Join(wide, " "), conf["protected-mode"])
	case conf["protected-mode"] != "yes":
		return i.fail("protected-mode is %s", conf["protected-mode"])
	}
	return i.pass("bind %s, protected-mode yes", conf["bind"])
}

// redisCommands asks what would happen, without doing it (ACL DRYRUN, Redis 7).
func redisCommands(ctx context.Context, i Item, c rueidis.Client) Item {
	who, err := c.Do(ctx, c.B().AclWhoami().Build()).ToString()
	if err != nil {
		return i.unknown("ACL WHOAMI: %s", why(err))
	}
	var may []string
	for _, cmd := range [][]string{{"FLUSHALL"}, {"CONFIG", "SET", "dir", "/"}, {"DEBUG", "SLEEP", "0"}, {"SHUTDOWN"}, {"REPLICAOF", "NO", "ONE"}, {"MODULE", "LIST"}} {
		said, err := c.Do(ctx, c.B().Arbitrary("ACL", "DRYRUN", who).Args(cmd...).Build()).ToString()
		if err != nil {
			// Who may not ask about rights has none of this kind.
			if strings.HasPrefix(err.Error(), "NOPERM") {
				return i.pass("the user %s may not even ask what it may", who)
			}
			return i.unknown("ACL DRYRUN: %s", why(err))
		}
		if said == "OK" {
			may = append(may, strings.Join(cmd[:min(2, len(cmd))], " "))
		}
	}
	if len(may) > 0 {
		return i.fail("the user %s may: %s", who, strings.Join(may, ", "))
	}
	return i.pass("the user %s may none of FLUSHALL, CONFIG SET, DEBUG, SHUTDOWN, REPLICAOF, MODULE", who)
}

func redisDisk(i Item, conf map[string]string, err error) Item {
	switch {
	case err != nil:
		return i.unknown("CONFIG GET: %s", why(err))
	case conf["save"] == "" && conf["appendonly"] == "no":
		return i.pass("nothing is written to disk")
	case slices.Contains([]string{"noeviction"}, conf["maxmemory-policy"]):
		return i.absent("it keeps queues (noeviction), which are meant to last")
	}
	return i.fail("a cache that is written to disk: save %q, appendonly %s", conf["save"], conf["appendonly"])
}
