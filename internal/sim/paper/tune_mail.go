package paper

import (
	"html"
	"strings"
)

// bodyProse: a mail in whole sentences, without a single label.
func bodyProse(t *sentences, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	t.line("Good afternoon %s,", c.Contact())
	t.line("\nThis e-mail confirms that %s (MC %s) is booked on our load %s. We need a %s for %s of %s.", c.Name(), c.MC(), p.Load(), p.Equipment(), p.Weight(), p.Commodity())
	if v := p.Temp(); v != "" {
		t.line("Please have the reefer pre-cooled and set it to %s.", v)
	}
	seen := map[bool]bool{}
	for _, s := range p.Stops() {
		start := map[bool]string{false: s.Word("Your driver picks up at", "The load delivers to"), true: s.Word("There is a second pickup at", "It then goes on to")}[seen[s.Pickup()]]
		seen[s.Pickup()] = true
		words := start + " " + join(", ", s.Name(), s.Street(), s.Town()) + ", on " + s.Day()
		if h := s.Hours(); h != "" {
			between := map[bool]string{true: " at ", false: " between "}[s.src.End.IsZero()]
			words += between + h
		}
		words += s.Appointment("; that time is a firm appointment", "; they take trucks first come, first served")
		if r := s.RefList(" and "); r != "" {
			words += ". The numbers are " + r
		}
		if n := join(" at ", s.Contact(), s.Phone()); n != "" {
			words += ". The dock's contact is " + n
		}
		t.line("\n%s.", words)
	}
	var parts []string
	for _, ch := range p.Charges() {
		parts = append(parts, ch.Amount()+" "+ch.Description())
	}
	if v := p.Total(); v != "" {
		t.line("\nWe agreed on %s in total, that is %s.", v, strings.Join(parts, " and "))
	} else {
		t.line("\nWe agreed on %s.", strings.Join(parts, " and "))
	}
	t.line("\n%s", strings.Join(append(p.TermClauses(), p.Notes()...), " "))
	t.line("\nPlease answer \"confirmed\" with the driver's name, cell and truck number.\n\nBest regards,\n%s\n%s, %s\nDirect %s\n\nThis message is meant for the person it is addressed to. If that is not you, delete it.", b.Contact(), b.Name(), b.Address(), b.Phone())
}

// bodyForward: the owner forwards what the broker's system wrote.
func bodyForward(t *sentences, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	t.line("Can one of you take this? Call me after you check the hours.\n\nSent from my phone\n")
	t.line("---------- Forwarded message ---------\nFrom: %s <%s>\nDate: %s\nSubject: %s LOAD %s\nTo: <%s>\n", p.rc.Broker.Contact, b.Email(), p.Issued(), strings.ToUpper(p.rc.Broker.Name), p.rc.Load, p.rc.Carrier.Email)
	t.line("%s", b.Name())
	t.line("DISPATCH CONFIRMATION\n")
	row := func(k, v string) {
		if v != "" {
			t.line("%-16s| %s", k, v)
		}
	}
	row("LOAD", p.Load())
	row("AGENT", join(" ", b.Contact(), b.Phone()))
	row("TRUCKER", c.Name())
	row("TRUCKER MC", c.MC())
	row("EQ TYPE", p.Equipment())
	row("COMM / WGT", p.Commodity()+" / "+p.Weight())
	row("TEMP", p.Temp())
	row("MILES", p.Miles())
	for _, s := range p.Stops() {
		t.line("%s", strings.Repeat("-", 60))
		row(s.Word("LOAD AT", "UNLOAD AT"), s.Name())
		row("", s.Street())
		row("", s.Town())
		row("ON", join(" ", s.Day(), s.Hours(), s.Appointment("APPT", "FCFS")))
		row("NBRS", s.RefList("  "))
		row("PHONE", join(" ", s.Phone(), s.Contact()))
	}
	t.line("%s", strings.Repeat("-", 60))
	for _, ch := range p.Charges() {
		row(ch.Description(), ch.Amount())
	}
	row("TOTAL TO TRUCK", p.Total())
	t.line("%s\n", strings.Repeat("-", 60))
	for _, v := range append(p.TermClauses(), p.Notes()...) {
		t.line("* %s", v)
	}
}

// mailOutlook: an HTML mail as an office program writes it: bold run-in words, stops as a numbered list, a table of money.
func mailOutlook(p *Pen) ([]byte, error) {
	b, c := p.Broker(), p.Carrier()
	var h sentences
	esc := html.EscapeString
	h.line(`<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style>p.MsoNormal{margin:0;font-family:Calibri,sans-serif}</style></head><body lang="EN-US">`)
	para := func(v string) { h.line(`<p class="MsoNormal">%s<o:p></o:p></p>`, v) }
	gap := func() { para("&nbsp;") }
	para(esc("Hey " + c.Contact() + ", per our call see below for pro " + p.Load() + ":"))
	gap()
	para("<b>" + esc(c.Name()) + "</b>, <b>MC</b> " + c.MC() + ", " + esc(p.Equipment()))
	para("<b>What:</b> " + esc(p.Commodity()+" - "+p.Pieces()+" plts - "+p.Weight()))
	if v := p.Temp(); v != "" {
		para("<b>Set temp:</b> " + v)
	}
	h.line("<ol>")
	for _, s := range p.Stops() {
		h.line(`<li class="MsoNormal"><b>%s</b> %s<br>%s<br>%s`, s.Word("Pick", "Drop"), esc(s.Name()), esc(join(", ", s.Street(), s.Town())), esc(join(" ", s.When(), s.Appointment("appt", "FCFS"))))
		if r := s.RefList(", "); r != "" {
			h.line("<br><i>%s</i>", esc(r))
		}
		if n := join(" ", s.Contact(), s.Phone()); n != "" {
			h.line("<br>Contact: %s", esc(n))
		}
		h.line("</li>")
	}
	h.line(`</ol><table class="MsoTableGrid" border="1" cellspacing="0">`)
	for _, ch := range p.Charges() {
		h.line("<tr><td>%s</td><td>%s</td></tr>", esc(ch.Description()), ch.Amount())
	}
	if v := p.Total(); v != "" {
		h.line(`<tr><td><b>All together</b></td><td><b>%s</b></td></tr>`, v)
	}
	h.line("</table>")
	gap()
	for _, v := range append(p.TermClauses(), p.Notes()...) {
		para(esc(v))
	}
	gap()
	para(esc(b.Contact()) + "<br>" + esc(b.Name()) + "<br>O: " + esc(b.Phone()) + "<br>F: " + esc(b.Fax()) + "<br>" + esc(b.Address()))
	h.line("</body></html>")
	return htmlMail(p, h.String())
}
