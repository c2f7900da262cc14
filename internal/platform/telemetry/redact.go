package telemetry

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// Hidden is what stands in the place of a secret.
const Hidden = "[hidden]"

// secretNames mark an attribute, map key or struct field as secret when its
// name, in lower case and without _ - . and spaces, contains one of them.
var secretNames = []string{
	"password", "passwd", "passphrase", "pwd", "secret", "token", "authorization", "cookie", "dsn",
	"apikey", "accesskey", "privatekey", "credential", "signingkey", "encryptionkey", "databaseurl", "redisurl", "smtpurl",
}

var dropSeparators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")

func secretName(name string) bool {
	name = dropSeparators.Replace(strings.ToLower(name))
	return slices.ContainsFunc(secretNames, func(s string) bool { return strings.Contains(name, s) })
}

func secretGroup(names []string) bool { return slices.ContainsFunc(names, secretName) }

var (
	// scheme://user:password@ and scheme://token@; the password may hold
	// anything that is not a space, up to the last @ before the next slash.
	userInfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/?#"'<>]*@`)
	// The same with a slash in the password, which a URL must not have but people write.
	userInfoSlash = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@"'<>]*:)[^\s"'<>]*@`)
	// password=…, "token": "…", Authorization: Bearer …, within text.
	assigned = regexp.MustCompile(`(?i)((?:[a-z0-9_-]*(?:password|passwd|pwd|secret|token|api_?key|access_?key|authorization|cookie)[a-z0-9_-]*)["']?\s*[=:]\s*)` +
		`(?:"[^"]*"|'[^']*'|\[[^\]]*\]|(?:(?:bearer|basic)\s+)?[^\s,;&}\])]+)`)
	bearer = regexp.MustCompile(`(?i)\b(?:bearer|basic) +[a-z0-9._~+/=-]{8,}`)
)

// redactText hides what looks like a secret within running text: errors and
// messages of libraries repeat addresses with their passwords.
func redactText(s string) string {
	if strings.Contains(s, "://") {
		s = userInfoSlash.ReplaceAllString(s, "${1}"+Hidden+"@")
		s = userInfo.ReplaceAllString(s, "${1}"+Hidden+"@")
	}
	if strings.ContainsAny(s, "=:") {
		s = assigned.ReplaceAllString(s, "${1}"+Hidden)
	}
	return bearer.ReplaceAllStringFunc(s, func(m string) string {
		scheme, credentials, _ := strings.Cut(m, " ")
		if !strings.ContainsAny(credentials, "0123456789=") { // "basic information" is prose
			return m
		}
		return scheme + " " + Hidden
	})
}

// redact cleans one attribute; hide is true inside a group named like a secret.
func redact(a slog.Attr, hide bool) slog.Attr {
	v := a.Value.Resolve()
	hide = hide || secretName(a.Key)
	switch v.Kind() {
	case slog.KindGroup:
		group := v.Group()
		clean := make([]slog.Attr, len(group))
		for i, g := range group {
			clean[i] = redact(g, hide)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	case slog.KindString:
		if hide {
			return slog.String(a.Key, Hidden)
		}
		return slog.String(a.Key, redactText(v.String()))
	case slog.KindAny:
		if hide {
			return slog.String(a.Key, Hidden)
		}
		return slog.Attr{Key: a.Key, Value: redactAny(v.Any())}
	}
	// Numbers, times and truth values. "tokens=1200" counts what an AI model
	// read; a PIN under a secret's name is still a secret.
	if hide && !strings.Contains(strings.ToLower(a.Key), "tokens") && v.Kind() != slog.KindBool {
		return slog.String(a.Key, Hidden)
	}
	return slog.Attr{Key: a.Key, Value: v}
}

// redactAny turns what the JSON and console sinks would print on their own
// into values whose every name was looked at.
func redactAny(x any) slog.Value {
	switch x := x.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(redactText(x.Error()))
	case fmt.Stringer:
		return slog.StringValue(redactText(x.String()))
	case []byte:
		return slog.StringValue(fmt.Sprintf("[%d bytes]", len(x)))
	}
	b, err := json.Marshal(x)
	if err != nil {
		return slog.StringValue(redactText(fmt.Sprintf("%+v", x)))
	}
	var plain any
	if err := json.Unmarshal(b, &plain); err != nil {
		return slog.StringValue(Hidden)
	}
	return slog.AnyValue(redactJSON(plain))
}

func redactJSON(x any) any {
	switch x := x.(type) {
	case string:
		return redactText(x)
	case []any:
		for i := range x {
			x[i] = redactJSON(x[i])
		}
	case map[string]any:
		for k, v := range x {
			if secretName(k) {
				x[k] = Hidden
			} else {
				x[k] = redactJSON(v)
			}
		}
	}
	return x
}
