package harden

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"rsc.io/qr"

	"truckflow/internal/kit/errs"
)

const wgInterface = "wg0"

// VPN is the WireGuard network through which administrators come in.
type VPN struct {
	Network  netip.Prefix // 10.77.0.0/24: the server is .1, peers follow
	Port     int
	Endpoint string   // name or address at which peers find the server
	Peers    []string // laptop, phone
}

// Keys are WireGuard's private keys by peer, the server's under "". They are
// made once and kept, or every new rendering would lock every peer out.
type Keys map[string]string

func (v VPN) check() error {
	if !v.Network.IsValid() || !v.Network.Addr().Is4() || v.Network.Bits() > 30 {
		return errs.Invalid("%s is not a network for WireGuard: give one such as 10.77.0.0/24", v.Network)
	}
	if room := 1<<(32-v.Network.Bits()) - 3; len(v.Peers) > room {
		return errs.Invalid("%s has room for %d peers, not for %d", v.Network, room, len(v.Peers))
	}
	if v.Port < 1 || v.Port > 65535 {
		return errs.Invalid("%d is not a port", v.Port)
	}
	if v.Endpoint == "" || strings.ContainsAny(v.Endpoint, " \t\n/:[]") && net.ParseIP(v.Endpoint) == nil {
		return errs.Invalid("%q is not where peers find the server: give its name or address", v.Endpoint)
	}
	seen := map[string]bool{}
	for _, p := range v.Peers {
		if !name.MatchString(p) || seen[p] {
			return errs.Invalid("%q is not a peer's name, or comes twice", p)
		}
		seen[p] = true
	}
	return nil
}

// Make adds the keys that are missing for v. A pre-shared key a peer ("psk:"
// before its name) keeps recorded traffic closed to a quantum computer.
func (k Keys) Make(v VPN) error {
	for _, p := range append([]string{""}, v.Peers...) {
		if k[p] == "" {
			key, err := ecdh.X25519().GenerateKey(rand.Reader)
			if err != nil {
				return err
			}
			k[p] = base64.StdEncoding.EncodeToString(key.Bytes())
		}
		if psk := "psk:" + p; p != "" && k[psk] == "" {
			b := make([]byte, 32)
			_, _ = rand.Read(b) // never fails
			k[psk] = base64.StdEncoding.EncodeToString(b)
		}
	}
	return nil
}

// public is the public key of peer p's private one, as wg pubkey makes it.
func (k Keys) public(p string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(k[p])
	if err != nil {
		return "", errs.Invalid("the kept key of %q is damaged", p).Wrap(err)
	}
	key, err := ecdh.X25519().NewPrivateKey(b)
	if err != nil {
		return "", errs.Invalid("the kept key of %q is damaged", p).Wrap(err)
	}
	return base64.StdEncoding.EncodeToString(key.PublicKey().Bytes()), nil
}

// files are the server's configuration and each peer's, as file and as a QR
// code to photograph (PNG, and text for a terminal).
func (v VPN) files(k Keys) ([]File, error) {
	server, err := k.public("")
	if err != nil {
		return nil, err
	}
	addr := v.Network.Masked().Addr().Next()
	conf := fmt.Sprintf("# Written by truckflow harden render.\n[Interface]\nAddress = %s/%d\nListenPort = %d\nPrivateKey = %s\n", addr, v.Network.Bits(), v.Port, k[""])
	host := v.Endpoint
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	var peers []File
	next := addr
	for _, p := range v.Peers {
		pub, err := k.public(p)
		if err != nil {
			return nil, err
		}
		next = next.Next()
		conf += fmt.Sprintf("\n# %s\n[Peer]\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = %s/32\n", p, pub, k["psk:"+p], next)
		text := fmt.Sprintf("[Interface]\nAddress = %s/32\nPrivateKey = %s\n\n[Peer]\nPublicKey = %s\nPresharedKey = %s\nEndpoint = %s:%d\nAllowedIPs = %s/32\nPersistentKeepalive = 25\n",
			next, k[p], server, k["psk:"+p], host, v.Port, addr)
		code, err := qr.Encode(text, qr.L)
		if err != nil {
			return nil, err
		}
		peers = append(peers, File{"peers/" + p + ".conf", 0o600, text, ""}, File{"peers/" + p + ".png", 0o600, string(code.PNG()), ""},
			File{"peers/" + p + ".txt", 0o600, blocks(code), ""})
	}
	return append([]File{{"etc/wireguard/" + wgInterface + ".conf", 0o600, conf, "wireguard"}}, peers...), nil
}

// blocks draws a QR code with half blocks: two rows a line, a quiet zone of four
// (the standard's), light modules drawn, for terminals with a dark ground.
func blocks(c *qr.Code) string {
	const quiet = 4
	var b strings.Builder
	dark := func(x, y int) bool { return c.Black(x, y) } // outside the code it is light
	for y := -quiet; y < c.Size+quiet; y += 2 {
		for x := -quiet; x < c.Size+quiet; x++ {
			switch top, bottom := dark(x, y), y+1 >= c.Size+quiet || dark(x, y+1); {
			case !top && !bottom:
				b.WriteRune('█')
			case !top:
				b.WriteRune('▀')
			case !bottom:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
