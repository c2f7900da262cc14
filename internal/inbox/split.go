package inbox

import (
	"regexp"
	"strings"
)

// olderRE is the line above an older mail, as mail programs write it.
var olderRE = regexp.MustCompile(`(?i)^\s*(?:-{2,}\s*(?:original|forwarded) message\s*-{2,}|-{5,}|_{10,}|begin forwarded message:|on .{4,120}\bwrote:|from:\s.*@.*)\s*$`)

// split parts a mail's own words from the older mails below them. A mail that
// begins with an older one forwards it, and its words are that mail's.
func split(text string) (own, quoted string) {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	at := len(lines)
	for i, l := range lines {
		if strings.HasPrefix(l, ">") || olderRE.MatchString(l) || wraps(lines, i) {
			at = i
			break
		}
	}
	own, quoted = strings.TrimSpace(strings.Join(lines[:at], "\n")), strings.TrimSpace(strings.Join(lines[at:], "\n"))
	if own == "" {
		return quoted, ""
	}
	return own, quoted
}

// wraps reports an "On … wrote:" that a mail program broke over two lines.
func wraps(lines []string, i int) bool {
	return i+1 < len(lines) && strings.HasPrefix(lines[i], "On ") && strings.HasSuffix(strings.TrimSpace(lines[i+1]), "wrote:") && olderRE.MatchString(lines[i]+" "+lines[i+1])
}
