package paper

import (
	"html"
	"strings"
)

// vMailAuto: what a dispatch system mails by itself: numbered sections, a line of arithmetic for every charge.
func vMailAuto(t *sentences, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	t.line("*** This is an automated message. Reply to reach %s. ***\n", b.Contact())
	t.line("RATE CON %s\n%s / %s / %s\n", p.Load(), b.Name(), b.Phone(), b.Email())
	row := func(k, v string) {
		if v != "" {
			t.line("  %-14s: %s", k, v)
		}
	}
	t.line("[1] CARRIER")
	row("Company", c.Name())
	row("MC / DOT", c.MC()+" / "+c.USDOT())
	row("Dispatcher", c.Contact())
	t.line("\n[2] FREIGHT")
	row("Trailer", p.Equipment())
	row("Product", p.Commodity())
	row("Weight", p.Weight())
	row("Pallets", p.Pieces())
	row("Reefer set at", p.Temp())
	t.line("\n[3] ROUTE (%s miles)", p.Miles())
	for _, s := range p.Stops() {
		t.line("\n  #%s %s  %s", s.Number(), s.Word("PICK", "DROP"), s.When())
		t.line("     %s", s.Appointment("(appointment)", "(first come first served)"))
		for _, v := range []string{s.Name(), s.Street(), s.Town(), join(" ", s.Contact(), s.Phone())} {
			if v != "" {
				t.line("     %s", v)
			}
		}
		for _, r := range s.Refs() {
			t.line("     > %s", r)
		}
		if n := s.Notes(); n != "" {
			t.line("     ! %s", n)
		}
	}
	t.line("\n[4] PAY")
	for _, ch := range p.Charges() {
		row(ch.Description(), ch.Quantity()+" x "+ch.Rate()+" = "+ch.Amount())
	}
	row("ALL-IN", p.Total())
	t.line("\n[5] CONDITIONS")
	for _, v := range append(p.TermClauses(), p.Notes()...) {
		t.line("  - %s", v)
	}
	t.line("\nReply YES with truck and trailer number to accept.\n%s, %s", b.Name(), b.Address())
}

// vMailTable: an HTML mail with a coloured head, the stops as the rows of a table and the money as a second one.
func vMailTable(p *Pen) ([]byte, error) {
	b, c := p.Broker(), p.Carrier()
	var h sentences
	esc := html.EscapeString
	broken := func(vs ...string) string {
		return strings.ReplaceAll(esc(join("\n", vs...)), "\n", "<br>")
	}
	h.line(`<!DOCTYPE html><html><body style="margin:0;background:#eef1f4;font-family:Arial,sans-serif"><table width="100%%" cellpadding="0" cellspacing="0"><tr><td align="center"><table width="680" cellpadding="10" cellspacing="0" style="background:#fff">`)
	h.line(`<tr><td style="background:#0b3d5c;color:#fff"><span style="font-size:18px">%s</span><br>Load %s is booked</td></tr>`, esc(b.Name()), esc(p.Load()))
	h.line(`<tr><td><p>Hi %s,</p><p>Thank you for taking this load. Here is what we agreed for <strong>%s</strong> (MC# %s):</p>`, esc(c.Contact()), esc(c.Name()), esc(c.MC()))
	h.line(`<table cellpadding="4" style="border-collapse:collapse"><tr><th align="left">Equipment</th><th align="left">Commodity</th><th align="left">Weight</th><th align="left">Pieces</th><th align="left">Temp</th><th align="left">Miles</th></tr>`)
	h.line(`<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr></table></td></tr>`, esc(p.Equipment()), esc(p.Commodity()), p.Weight(), p.Pieces(), orDash(p.Temp()), p.Miles())
	h.line(`<tr><td><table width="100%%" border="1" cellpadding="5" style="border-collapse:collapse;font-size:13px"><tr style="background:#dfe7ee"><th></th><th>Location</th><th>Date &amp; time</th><th>Numbers</th><th>Facility contact</th></tr>`)
	for _, s := range p.Stops() {
		h.line(`<tr><td><strong>%s</strong></td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>`, s.Word("Pickup", "Delivery"), broken(s.Name(), s.Street(), s.Town()),
			broken(s.Day(), s.Hours(), s.Appointment("By appointment", "FCFS")), broken(s.Refs()...), broken(s.Contact(), s.Phone()))
		if n := s.Notes(); n != "" {
			h.line(`<tr><td></td><td colspan="4"><em>%s</em></td></tr>`, esc(n))
		}
	}
	h.line(`</table></td></tr><tr><td><table width="60%%" cellpadding="4">`)
	for _, ch := range p.Charges() {
		h.line(`<tr><td>%s</td><td align="right">%s</td></tr>`, esc(ch.Description()), ch.Amount())
	}
	if v := p.Total(); v != "" {
		h.line(`<tr><td><strong>Rate to carrier</strong></td><td align="right"><strong>%s</strong></td></tr>`, v)
	}
	h.line(`</table></td></tr><tr><td style="font-size:12px"><ul>`)
	for _, v := range append(p.TermClauses(), p.Notes()...) {
		h.line(`<li>%s</li>`, esc(v))
	}
	h.line(`</ul></td></tr><tr><td style="font-size:12px;color:#555">%s &middot; %s &middot; %s<br>%s<br>Invoices: %s</td></tr></table></td></tr></table></body></html>`, esc(b.Contact()), b.Phone(), b.Email(), esc(b.Address()), b.BillingEmail())
	return htmlMail(p, h.String())
}
