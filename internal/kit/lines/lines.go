// Package lines cuts what programs print down to what a message has room for.
package lines

import "strings"

// First is the first line of text, without the space around text.
func First(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// Last are the last n lines of text, or all where there are fewer.
func Last(text string, n int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-n):], "\n")
}
