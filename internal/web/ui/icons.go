package ui

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/a-h/templ"
)

// icons are drawn on a 16 × 16 grid with a 1.5 stroke, round caps, no fill.
var icons = map[string]string{
	"alert":         `<path d="M8 2.2 14.4 13.3H1.6z"/><path d="M8 6.3v3.2M8 11.4v.1"/>`,
	"arrow-down":    `<path d="M8 3v10M4 9l4 4 4-4"/>`,
	"arrow-right":   `<path d="M3 8h10M9 4l4 4-4 4"/>`,
	"arrow-up":      `<path d="M8 13V3M4 7l4-4 4 4"/>`,
	"bell":          `<path d="M4 11.5V7a4 4 0 0 1 8 0v4.5l1 .8H3z"/><path d="M6.8 14.2h2.4"/>`,
	"billing":       `<path d="M3.5 1.8h9v12.4l-2.2-1.3L8 14.2l-2.3-1.3-2.2 1.3z"/><path d="M6 5.2h4M6 8h4"/>`,
	"board":         `<rect x="1.8" y="2.3" width="3.4" height="11.4" rx="1"/><rect x="6.3" y="2.3" width="3.4" height="7.4" rx="1"/><rect x="10.8" y="2.3" width="3.4" height="9.4" rx="1"/>`,
	"calendar":      `<rect x="2" y="3" width="12" height="11" rx="1.5"/><path d="M2 6.5h12M5.3 1.6v2.8M10.7 1.6v2.8"/>`,
	"camera":        `<path d="M1.8 5h2.7l1.2-2h4.6l1.2 2h2.7v8.2H1.8z"/><circle cx="8" cy="8.8" r="2.4"/>`,
	"chart":         `<path d="M2 14h12M4 11.5V8M8 11.5V3M12 11.5V6"/>`,
	"check":         `<path d="m3 8.6 3.3 3.3L13 4.6"/>`,
	"chevron-down":  `<path d="m4 6 4 4 4-4"/>`,
	"chevron-left":  `<path d="m10 4-4 4 4 4"/>`,
	"chevron-right": `<path d="m6 4 4 4-4 4"/>`,
	"clock":         `<circle cx="8" cy="8" r="6.2"/><path d="M8 4.3V8l2.6 1.6"/>`,
	"close":         `<path d="m4 4 8 8M12 4l-8 8"/>`,
	"copy":          `<rect x="5.5" y="5.5" width="8.5" height="8.5" rx="1.3"/><path d="M3.2 10.5H2V2h8.5v1.2"/>`,
	"customers":     `<path d="M2 14V5.2L8.4 2v12M8.4 6.5 14 8.7V14M1 14h14M4.6 7.2h1.2M4.6 10.2h1.2M11 10.8h.6"/>`,
	"documents":     `<path d="M3.5 1.8h6l3 3v9.4h-9z"/><path d="M9.3 1.9V5h3.1M6 8h4M6 10.8h4"/>`,
	"download":      `<path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.8h11"/>`,
	"driver":        `<circle cx="8" cy="5.2" r="3"/><path d="M2.6 14c.5-3 2.6-4.4 5.4-4.4s4.9 1.4 5.4 4.4"/>`,
	"edit":          `<path d="m10.8 2.6 2.6 2.6-7.8 7.8-3.3.7.7-3.3z"/>`,
	"external":      `<path d="M6.5 3H3v10h10V9.5M9 2.5h4.5V7M13.3 2.7 7.5 8.5"/>`,
	"eye":           `<path d="M1.3 8S3.7 3.5 8 3.5 14.7 8 14.7 8 12.3 12.5 8 12.5 1.3 8 1.3 8z"/><circle cx="8" cy="8" r="2"/>`,
	"filter":        `<path d="M2 3.5h12M4.3 8h7.4M6.6 12.5h2.8"/>`,
	"fleet":         `<path d="M1.2 3.3h8.3v8H1.2zM9.5 6h2.8l2.5 2.6v2.7H9.5z"/><circle cx="4.2" cy="12" r="1.5"/><circle cx="11.8" cy="12" r="1.5"/>`,
	"info":          `<circle cx="8" cy="8" r="6.2"/><path d="M8 7.3v3.9M8 4.8v.1"/>`,
	"keyboard":      `<rect x="1.3" y="3.5" width="13.4" height="9" rx="1.5"/><path d="M4 6.3h.1M6.7 6.3h.1M9.3 6.3h.1M12 6.3h.1M5 9.7h6"/>`,
	"lanes":         `<circle cx="3" cy="12.8" r="1.5"/><circle cx="13" cy="3.2" r="1.5"/><path d="M4.5 12.8h5a2.4 2.4 0 0 0 0-4.8h-3a2.4 2.4 0 0 1 0-4.8h5"/>`,
	"link":          `<path d="M6.7 9.3a2.7 2.7 0 0 0 3.8 0l2.3-2.3A2.7 2.7 0 0 0 9 3.2l-.8.8M9.3 6.7a2.7 2.7 0 0 0-3.8 0L3.2 9A2.7 2.7 0 0 0 7 12.8l.8-.8"/>`,
	"list":          `<path d="M5.5 3.8H14M5.5 8H14M5.5 12.2H14M2.2 3.8h.1M2.2 8h.1M2.2 12.2h.1"/>`,
	"loads":         `<path d="m8 1.7 5.8 3v6.6L8 14.3l-5.8-3V4.7z"/><path d="M2.4 4.8 8 7.7l5.6-2.9M8 7.7v6.4"/>`,
	"lock":          `<rect x="3" y="7" width="10" height="7" rx="1.3"/><path d="M5.2 7V4.8a2.8 2.8 0 0 1 5.6 0V7"/>`,
	"mail":          `<rect x="1.6" y="3" width="12.8" height="10" rx="1.3"/><path d="m2 4 6 5 6-5"/>`,
	"map":           `<path d="M1.8 4 6 2.3l4 1.7 4.2-1.7v9.7L10 13.7 6 12l-4.2 1.7zM6 2.3V12M10 4v9.7"/>`,
	"menu":          `<path d="M2 4h12M2 8h12M2 12h12"/>`,
	"message":       `<path d="M2 2.8h12v8.4H7.3L4 14v-2.8H2z"/>`,
	"minus":         `<path d="M3 8h10"/>`,
	"more":          `<path d="M3.2 8h.1M8 8h.1M12.8 8h.1"/>`,
	"needs":         `<path d="M1.8 9 4 3h8l2.2 6v4.3H1.8z"/><path d="M1.8 9h3.7l.8 1.8h3.4l.8-1.8h3.7"/>`,
	"note":          `<path d="M2.5 2.5h11v7.7l-3.3 3.3H2.5z"/><path d="M10 13.3V10h3.3M5 6h6M5 8.7h3"/>`,
	"pause":         `<path d="M5.3 3v10M10.7 3v10"/>`,
	"phone":         `<path d="M3.3 1.9h2.6l1.2 3.2-1.6 1.2a8 8 0 0 0 4.2 4.2l1.2-1.6 3.2 1.2v2.6c-6.6 1.3-12.1-4.2-10.8-10.8z"/>`,
	"pin":           `<path d="M8 14.5S3 9.8 3 6.3a5 5 0 0 1 10 0c0 3.5-5 8.2-5 8.2z"/><circle cx="8" cy="6.3" r="1.7"/>`,
	"play":          `<path d="M4.5 2.5v11l8.5-5.5z"/>`,
	"plus":          `<path d="M8 3v10M3 8h10"/>`,
	"print":         `<path d="M4.3 6V2h7.4v4M4.3 12H2V6h12v6h-2.3"/><path d="M4.3 9.8h7.4V14H4.3z"/>`,
	"refresh":       `<path d="M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.8v3h-3"/>`,
	"review":        `<path d="M2 5V2h3M11 2h3v3M14 11v3h-3M5 14H2v-3M5 8.2l2.2 2.2L11 6"/>`,
	"search":        `<circle cx="7" cy="7" r="4.7"/><path d="m10.5 10.5 3.5 3.5"/>`,
	"send":          `<path d="M14.3 1.7 1.7 6.5l5 2.8 2.8 5z"/><path d="m6.7 9.3 3-3"/>`,
	"settings":      `<path d="M2 4.5h7M12.5 4.5H14M2 11.5h1.5M7 11.5h7"/><circle cx="10.7" cy="4.5" r="1.8"/><circle cx="5.3" cy="11.5" r="1.8"/>`,
	"sign-out":      `<path d="M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3"/>`,
	"spark":         `<path d="M8 1.5 9.6 6.4 14.5 8 9.6 9.6 8 14.5 6.4 9.6 1.5 8l4.9-1.6z"/>`,
	"stop":          `<circle cx="8" cy="8" r="6.2"/><path d="m5.6 5.6 4.8 4.8"/>`,
	"theme":         `<circle cx="8" cy="8" r="6"/><path d="M8 2v12M8 5h4.8M8 8h6M8 11h4.8"/>`,
	"thermometer":   `<path d="M6.3 9.3V3.2a1.7 1.7 0 0 1 3.4 0v6.1a3 3 0 1 1-3.4 0z"/><path d="M8 6v5"/>`,
	"trailer":       `<path d="M1.2 3.5h13.6v7.3H1.2z"/><circle cx="10" cy="12.3" r="1.3"/><circle cx="13.2" cy="12.3" r="1.3"/><path d="M3.5 10.8v2.7"/>`,
	"trash":         `<path d="M2.5 4h11M6 4V2.3h4V4M4 4l.6 9.7h6.8L12 4M6.7 6.7v4.3M9.3 6.7v4.3"/>`,
	"truck":         `<path d="M1.2 3.3h8.3v8H1.2zM9.5 6h2.8l2.5 2.6v2.7H9.5z"/><circle cx="4.2" cy="12" r="1.5"/><circle cx="11.8" cy="12" r="1.5"/>`,
	"undo":          `<path d="M5.5 2.5 2.3 5.7l3.2 3.2M2.5 5.7h7.2a3.8 3.8 0 0 1 0 7.6H5"/>`,
	"upload":        `<path d="M8 10.5v-8M4.5 6 8 2.5 11.5 6M2.5 13.8h11"/>`,
	"zoom-in":       `<circle cx="7" cy="7" r="4.7"/><path d="m10.5 10.5 3.5 3.5M7 5v4M5 7h4"/>`,
	"zoom-out":      `<circle cx="7" cy="7" r="4.7"/><path d="m10.5 10.5 3.5 3.5M5 7h4"/>`,
}

// IconNames lists every icon, sorted, for the gallery and the tests.
func IconNames() []string { return slices.Sorted(maps.Keys(icons)) }

// HasIcon reports whether an icon of that name is drawn.
func HasIcon(name string) bool { return icons[name] != "" }

// Icon draws an icon in the colour of the text beside it. It is hidden from
// screen readers: the control around it carries the name. An unknown name draws
// an empty square of the same size, so that a typo never shifts a layout; the
// tests find it.
func Icon(name string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := fmt.Fprintf(w, `<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">%s</svg>`, icons[name])
		return err
	})
}
