package web

import (
	"github.com/a-h/templ"

	"truckflow/internal/web/ui"
)

// UserView is the signed-in person as the frame shows them.
type UserView struct{ Name, Role, Company string }

// NavItem is one section of the product.
type NavItem struct {
	Key   string // PageMeta.Section and PageMeta.Counts name it so
	Label string
	Href  string
	Icon  string
	Keys  string // the keys that go there: "g b"
	Phone bool   // stands in the bar at the bottom of a phone; four of them fit
}

// DefaultNav lists every section. The router leaves out what a role may not open.
var DefaultNav = []NavItem{
	{Key: "needs", Label: "Needs you", Href: "/", Icon: "needs", Keys: "g n", Phone: true},
	{Key: "review", Label: "Review", Href: "/review", Icon: "review", Keys: "g r"},
	{Key: "board", Label: "Board", Href: "/board", Icon: "board", Keys: "g b", Phone: true},
	{Key: "map", Label: "Map", Href: "/map", Icon: "map", Keys: "g m", Phone: true},
	{Key: "loads", Label: "Loads", Href: "/loads", Icon: "loads", Keys: "g l", Phone: true},
	{Key: "fleet", Label: "Fleet", Href: "/fleet", Icon: "fleet", Keys: "g f"},
	{Key: "customers", Label: "Customers", Href: "/customers", Icon: "customers", Keys: "g c"},
	{Key: "lanes", Label: "Lanes", Href: "/lanes", Icon: "lanes", Keys: "g p"},
	{Key: "billing", Label: "Billing", Href: "/billing", Icon: "billing", Keys: "g i"},
	{Key: "copilot", Label: "Copilot", Href: "/copilot", Icon: "message", Keys: "g a"},
	{Key: "documents", Label: "Documents", Href: "/documents", Icon: "documents", Keys: "g d"},
	{Key: "mail", Label: "Mail", Href: "/mail", Icon: "mail", Keys: "g e"},
	{Key: "operations", Label: "Operations", Href: "/operations", Icon: "chart", Keys: "g o"},
	{Key: "settings", Label: "Settings", Href: "/settings", Icon: "settings", Keys: "g s"},
}

// SettingsTabs are the pages of the section settings, which several rooms have
// one of; on is the current one.
func SettingsTabs(on string) []ui.Tab {
	return []ui.Tab{
		{Label: "Company", Href: "/settings", Current: on == "company"},
		{Label: "People", Href: "/settings/people", Current: on == "people"},
		{Label: "AI", Href: "/settings/ai", Current: on == "ai"},
		{Label: "Mailbox", Href: "/settings/mailbox", Current: on == "mailbox"},
		{Label: "Audit trail", Href: "/settings/audit", Current: on == "audit"},
		{Label: "My account", Href: "/settings/account", Current: on == "account"},
	}
}

// MailTabs are the pages of the section mail: what came in and what went out.
func MailTabs(on string) []ui.Tab {
	return []ui.Tab{{Label: "Received", Href: "/inbox", Current: on == "received"}, {Label: "Sent", Href: "/mail", Current: on == "sent"}}
}

// Flash is a sentence shown once at the top of the next page.
type Flash = ui.Message

// PageMeta is what a page tells the frame around it. The request frame fills
// User, CSRF, Counts, Flash and Nav; the page gives the rest.
type PageMeta struct {
	Title    string
	Subtitle string          // one line: what the page answers, or its state in figures
	Section  string          // NavItem.Key of the lit entry
	Actions  templ.Component // buttons at the right of the title; may be nil
	User     UserView
	CSRF     string
	Counts   map[string]int // by NavItem.Key; zero draws nothing
	Flash    *Flash
	ReadOnly string   // why nothing can be saved just now; "" while it can
	Live     string   // URL of the page's server-sent events; empty for none
	Scripts  []string // page modules by asset name: "board.js", "review.js", "map.js"
	Nav      []NavItem
	Fill     bool // the page uses the whole window height and scrolls inside (board, map, review)
}

func (m PageMeta) nav() []NavItem {
	if m.Nav == nil {
		return DefaultNav
	}
	return m.Nav
}

func (m PageMeta) bodyClass() string {
	if m.Fill {
		return "fill"
	}
	return ""
}

// Where the frame's own buttons go. The router serves these.
const (
	PathSignIn  = "/sign-in"
	PathSignOut = "/sign-out" // POST
	PathSearch  = "/search"   // GET ?q=, answers ui.SearchHits
	PathGallery = "/gallery"
)

// htmxConfig switches off everything a strict content policy forbids, shows
// refused forms (422) in place, and keeps no copies of pages in the browser's
// store: a shared dispatch desk must not leak one person's pages to the next.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0,` +
	`"refreshOnHistoryMiss":true,"allowScriptTags":false,"responseHandling":[{"code":"204","swap":false},` +
	`{"code":"[23]..","swap":true},{"code":"422","swap":true},{"code":"[45]..","swap":false,"error":true}]}`

// ContentPolicy is the Content-Security-Policy every page is built for: no
// inline script or style anywhere, nothing from another host.
const ContentPolicy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func headers(csrf string) string {
	return `{"` + ui.CSRFHeader + `":"` + csrf + `"}`
}
