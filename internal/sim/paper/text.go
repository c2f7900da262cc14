package paper

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"strings"
)

// tuneText lists the plain text and e-mail layouts open to whoever tunes the reader.
func tuneText() []Layout {
	us := Style{Date: "01/02/2006", Clock: "15:04", Money: "$", Weight: "lbs", Temp: "F"}
	long := Style{Date: "January 2, 2006", Clock: "03:04 PM", Money: "$", Weight: "lbs", Temp: "to", Equip: 0, Refs: "#", Terms: 1}
	mail := Style{Date: "1/2/06", Clock: "1504", To: "-", Money: "$", Weight: "K", Temp: "F", Equip: 5, Refs: "#", Phone: "dash", Terms: 1}
	thread := Style{Date: "Mon 1/2/2006", Clock: "3:04 PM", Zone: "abbr", Money: "$", Weight: "lbs", Temp: "deg", Equip: 3, Refs: ":", Phone: "dot", Terms: 3}
	return []Layout{
		{Name: "txtbars", Ext: "txt", Style: long, draw: plainText(textBars)},
		{Name: "txtplain", Ext: "txt", Style: us, draw: plainText(textPlain)},
		{Name: "mailbody", Ext: "eml", Style: mail, draw: mailBody(bodyCasual)},
		{Name: "mailthread", Ext: "eml", Style: thread, draw: mailBody(bodyThread)},
		{Name: "mailpdf", Ext: "eml", Style: us, draw: mailPDF(setup{margin: 36, family: "Helvetica", size: 9.2}, drawTotalTop)},
		{Name: "mailhtml", Ext: "eml", Style: long, draw: mailHTML},
	}
}

// sentences writes text line by line.
type sentences struct{ strings.Builder }

func (t *sentences) line(format string, args ...any) {
	t.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// pair writes "label value" unless the value is empty.
func (t *sentences) pair(k, v string) {
	if v != "" {
		t.line("%s %s", k, v)
	}
}

func plainText(write func(*sentences, *Pen)) func(*Pen) ([]byte, error) {
	return func(p *Pen) ([]byte, error) {
		var t sentences
		write(&t, p)
		return []byte(t.String()), nil
	}
}

// textBars: sections between bars of equals signs.
func textBars(t *sentences, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	head := func(v string) { t.line("\n%s\n%s\n%s", strings.Repeat("=", 78), v, strings.Repeat("=", 78)) }
	t.line("RATE CONFIRMATION\n")
	t.pair("Load Number:", p.Load())
	t.pair("Issued:", p.Issued())
	t.pair("Broker:", b.Name())
	t.pair("Broker Phone:", b.Phone())
	head("CARRIER")
	t.pair("Carrier Name:", c.Name())
	t.pair("MC Number:", "MC-"+c.MC())
	t.pair("DOT Number:", c.USDOT())
	t.pair("Contact:", c.Contact())
	for _, s := range p.Stops() {
		head(s.Word("SHIPPER (ORIGIN)", "CONSIGNEE (DESTINATION)"))
		t.pair("Company:", s.Name())
		t.pair("Address:", s.Street())
		t.pair("City:", s.Town())
		t.pair("Contact:", s.Contact())
		t.pair("Phone:", s.Phone())
		t.pair(s.Word("Pickup Date:", "Delivery Date:"), s.Day())
		t.pair(s.Word("Pickup Time:", "Delivery Time:"), s.Hours())
		t.pair("Scheduling:", s.Appointment("Appointment", "First come, first served"))
		for _, r := range s.Refs() {
			t.pair("Reference Number:", r)
		}
	}
	head("SHIPMENT")
	t.pair("Commodity:", p.Commodity())
	t.pair("Weight:", p.Weight())
	t.pair("Pieces:", p.Pieces())
	t.pair("Equipment Type:", p.Equipment())
	t.pair("Temperature:", p.Temp())
	head("RATE & TERMS")
	for _, ch := range p.Charges() {
		t.line("%-22s%s", ch.Description()+":", ch.Amount())
	}
	t.pair("Total Rate:           ", p.Total())
	t.line("")
	for _, v := range append(p.TermClauses(), p.Notes()...) {
		t.line("- %s", v)
	}
	t.line("\nConfirmed by: _____________________  Date: _______________")
}

// textPlain: one label and value a line, nothing else.
func textPlain(t *sentences, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	t.line("%s\n%s\nMC# %s  Ph %s\n\nLOAD CONFIRMATION\n", b.Name(), b.Address(), b.MC(), b.Phone())
	t.pair("Load #:", p.Load())
	t.pair("Date:", p.Issued())
	t.pair("Carrier:", c.Name())
	t.pair("Carrier MC#:", c.MC())
	t.pair("Equipment:", p.Equipment())
	t.pair("Temp:", p.Temp())
	t.pair("Weight:", p.Weight())
	t.pair("Commodity:", p.Commodity())
	t.pair("Miles:", p.Miles())
	for _, s := range p.Stops() {
		t.line("\n%s %s: %s", s.Word("Pickup", "Delivery"), s.Of(), s.Name())
		t.line("  %s", join(", ", s.Street(), s.Town()))
		t.line("  %s", join("  ", s.When(), s.Appointment("APPT", "FCFS")))
		if r := s.RefList("  "); r != "" {
			t.line("  %s", r)
		}
	}
	t.line("")
	for _, ch := range p.Charges() {
		t.pair(ch.Description()+":", ch.Amount())
	}
	t.pair("Total Rate Due:", p.Total())
	t.line("")
	for _, r := range p.TermRows() {
		t.pair(r[0]+":", r[1])
	}
}

// bodyCasual: a hurried mail with an all-in rate.
func bodyCasual(t *sentences, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	t.line("Hi team,\n\nPlease confirm the following load per our call:\n")
	t.pair("Load #:", p.Load())
	t.pair("Carrier:", c.Name())
	t.pair("Equipment:", p.Equipment())
	for _, s := range p.Stops() {
		t.line("\n%s %s\n%s", s.Word("Pickup:", "Delivery:"), join(", ", s.Name(), s.Town()), join(" ", s.When(), s.Appointment("appt", "FCFS")))
		t.line("%s", s.RefList(", "))
	}
	if v := p.Total(); v != "" {
		t.line("\nRate: %s all-in (no separate fuel surcharge line)", v)
	}
	t.pair("Weight:", p.Weight())
	t.pair("Commodity:", p.Commodity())
	t.pair("Temp:", p.Temp())
	t.line("\n%s\n\nThanks,\n%s\n%s\n%s", strings.Join(append(p.TermClauses(), p.Notes()...), "\n"), b.Contact(), b.Name(), b.Phone())
}

// bodyThread: the newest mail holds; the quote below it is void.
func bodyThread(t *sentences, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	t.line("Hello %s,\n\nThe customer came up on the money. The quote below is VOID, please use this one:\n", c.Contact())
	t.pair("Load number:", p.Load())
	t.pair("Carrier:", c.Name()+" (MC "+c.MC()+")")
	t.pair("Equipment:", p.Equipment())
	t.pair("Temperature:", p.Temp())
	t.pair("Commodity:", p.Commodity()+", "+p.Weight())
	for _, s := range p.Stops() {
		t.line("Stop %s - %s: %s", s.Number(), s.Word("PICKUP", "DELIVERY"), join(", ", s.Name(), s.Street(), s.Town()))
		t.line("    %s %s", s.When(), s.Appointment("(appointment)", "(FCFS)"))
		if r := s.RefList("; "); r != "" {
			t.line("    %s", r)
		}
	}
	for _, ch := range p.Charges() {
		t.pair(ch.Description()+":", ch.Amount())
	}
	t.pair("Total to carrier:", p.Total())
	old := p.Style.money(p.rc.Total-p.rc.Total/12, p.rc.Currency)
	t.line("\n%s\n\nRegards,\n%s\n%s | %s | MC %s", strings.Join(append(p.Notes(), p.TermClauses()...), "\n"), b.Contact(), b.Name(), b.Phone(), b.MC())
	t.line("\n-----Original Message-----\nFrom: %s\nSubject: Rate for load %s\n", p.rc.Broker.Email, p.rc.Load)
	t.line("> We can offer you this one:\n> Load number: %s\n> Total to carrier: %s\n> Pickup %s\n> Let me know,\n> %s", p.rc.Load, old, p.HeaderPickup(), p.rc.Broker.Contact)
}

// mailHead writes the headers of a mail from the broker to the carrier.
func mailHead(t *sentences, p *Pen, kind, encoding string) {
	t.line("From: \"%s\" <%s>", p.Broker().Contact(), p.Broker().Email())
	t.line("To: %s", p.rc.Carrier.Email)
	t.line("Subject: Rate confirmation - load %s", p.rc.Load)
	t.line("Date: %s", p.rc.Issued.Add(15*60*60*1e9).Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	t.line("Message-ID: <%s.%d@%s>", strings.ToLower(p.rc.Load), p.rc.Miles, domain(p.rc.Broker.Name))
	t.line("MIME-Version: 1.0\nContent-Type: %s", kind)
	if encoding != "" {
		t.line("Content-Transfer-Encoding: %s", encoding)
	}
	t.line("")
}

func mailBody(write func(*sentences, *Pen)) func(*Pen) ([]byte, error) {
	return func(p *Pen) ([]byte, error) {
		var t sentences
		mailHead(&t, p, "text/plain; charset=utf-8", "8bit")
		write(&t, p)
		return crlf(t.String()), nil
	}
}

// crlf gives a mail the line ends the wire has (RFC 5322, 2.1).
func crlf(v string) []byte { return []byte(strings.ReplaceAll(v, "\n", "\r\n")) }

// mailPDF: a short mail with the sheet attached.
func mailPDF(c setup, draw func(*sheet, *Pen)) func(*Pen) ([]byte, error) {
	sheet := pdf(c, draw)
	return func(p *Pen) ([]byte, error) {
		body, err := sheet(p)
		if err != nil {
			return nil, err
		}
		var t sentences
		mark := "=_part_" + p.rc.Load
		mailHead(&t, p, `multipart/mixed; boundary="`+mark+`"`, "")
		t.line("--%s\nContent-Type: text/plain; charset=utf-8\n", mark)
		t.line("Hi,\n\nAttached is the rate confirmation. Please sign and send it back so we can dispatch the driver.\n\nThank you\n")
		t.line("--%s\nContent-Type: application/pdf; name=\"ratecon.pdf\"", mark)
		t.line("Content-Disposition: attachment; filename=\"ratecon.pdf\"\nContent-Transfer-Encoding: base64\n")
		for b := base64.StdEncoding.EncodeToString(body); b != ""; b = b[min(76, len(b)):] {
			t.line("%s", b[:min(76, len(b))])
		}
		t.line("--%s--", mark)
		return crlf(t.String()), nil
	}
}

// mailHTML: a mail whose only body is an HTML table, quoted-printable.
func mailHTML(p *Pen) ([]byte, error) {
	b, c := p.Broker(), p.Carrier()
	var h sentences
	row := func(k, v string) {
		if v != "" {
			h.line("<tr><td><b>%s</b></td><td>%s</td></tr>", k, strings.ReplaceAll(v, "&", "&amp;"))
		}
	}
	h.line("<html><body><p>Please see the load details below and reply to confirm.</p><table border=\"1\" cellpadding=\"4\">")
	row("Load Number", p.Load())
	row("Carrier", c.Name())
	row("Carrier MC", c.MC())
	row("Equipment", p.Equipment())
	row("Temperature", p.Temp())
	row("Commodity", p.Commodity())
	row("Weight", p.Weight())
	for _, s := range p.Stops() {
		w := s.Word("Pickup ", "Delivery ") + s.Of()
		row(w, s.Name())
		row(w+" Address", join(", ", s.Street(), s.Town()))
		row(w+" Date", s.Day())
		row(w+" Time", join(" ", s.Hours(), s.Appointment("(Appointment)", "(FCFS)")))
		row(w+" Reference", s.RefList(", "))
	}
	for _, ch := range p.Charges() {
		row(ch.Description(), ch.Amount())
	}
	row("Total Rate", p.Total())
	h.line("</table><p>%s</p><p>%s<br>%s<br>%s</p></body></html>", strings.Join(append(p.TermClauses(), p.Notes()...), "<br>\n"), b.Contact(), b.Name(), b.Phone())
	return htmlMail(p, h.String())
}

// htmlMail is a mail whose only body is HTML.
func htmlMail(p *Pen, html string) ([]byte, error) {
	var body bytes.Buffer
	q := quotedprintable.NewWriter(&body)
	if _, err := q.Write([]byte(html)); err != nil {
		return nil, err
	}
	if err := q.Close(); err != nil {
		return nil, err
	}
	var t sentences
	mailHead(&t, p, "text/html; charset=utf-8", "quoted-printable")
	return append(crlf(t.String()), body.Bytes()...), nil
}
