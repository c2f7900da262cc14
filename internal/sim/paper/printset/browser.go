package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"truckflow/internal/sim/paper"
)

// epoch is the date every file of the set claims to be made on.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

//go:embed sheets/*.html
var sheets embed.FS

// webStyles are the house styles of the sheets that a browser prints.
var webStyles = []struct {
	name  string
	batch int
	style paper.Style
}{
	{"webcards", paper.First, paper.Style{Date: "Jan 2, 2006", Clock: "3:04 PM", Money: "$", Weight: "lbs", Temp: "deg", Equip: 0, Refs: "#", Terms: 2}},
	{"webgrid", paper.First, paper.Style{Date: "01/02/2006", Clock: "15:04", Money: "code", Weight: "lbs", Temp: "F", Equip: 1, Refs: ":", MCPre: true, Terms: 0}},
	{"webline", paper.First, paper.Style{Date: "2006-01-02", Clock: "15:04", To: "–", Zone: "abbr", Money: "$", Weight: "lb", Temp: "to", Equip: 5, Refs: "no", Phone: "dash", Terms: 3}},
	{"webcosts", paper.First, paper.Style{Date: "01/02/2006", Clock: "15:04", Money: "pre", Weight: "LBS", Temp: "degrees", Equip: 3, Refs: ":", Phone: "dot", Terms: 1}},
	{"h-webpanel", paper.First, paper.Style{Date: "Mon 1/2/06", Clock: "3:04pm", To: "-", Zone: "generic", Money: "$", Weight: "#", Temp: "F", Equip: 3, Refs: "#", Phone: "dot", Terms: 1}},
	{"h-webinvoice", paper.First, paper.Style{Date: "2 Jan 2006", Clock: "15:04", To: " to ", Money: "$", Weight: "pounds", Temp: "degrees", Equip: 0, Refs: "word", Phone: "paren", Terms: 2}},
	{"u-webdense", paper.Second, paper.Style{Date: "01/02/2006", Clock: "15:04", To: " - ", Zone: "abbr", Money: "both", Weight: ".0", Temp: "to", Equip: 1, Refs: "long", Phone: "dash", Terms: 4}},
	{"u-webaside", paper.Second, paper.Style{Date: "Mon, Jan 2, 2006", Clock: "3:04 PM", To: " – ", Zone: "generic", Money: "$", Weight: "lbs", Temp: "deg", Equip: 0, Refs: "sp", Terms: 6}},
	{"u-webclassic", paper.Second, paper.Style{Date: "01/02/06", Clock: "1504", To: "-", Money: "$", Weight: "Lbs.", Temp: "F", Equip: 2, Upper: true, Refs: "slash", Phone: "tight", Terms: 5}},
	{"u-webland", paper.Second, paper.Style{Date: "Mon 2-Jan-2006", Clock: "03:04 PM", To: " to ", Money: "plain", Weight: "lb", Temp: "degrees", Equip: 7, Refs: "paren", Phone: "dot", Terms: 7}},
	{"u-webbilingual", paper.Second, paper.Style{Date: "2006-01-02", Clock: "15:04", To: " / ", Money: "code", Weight: "lbs", Temp: "plus", Equip: 3, Refs: "#", Phone: "one", Terms: 7}},
	{"v-webroute", paper.Third, paper.Style{Date: "Mon, Jan 2 2006", Clock: "15:04", To: " - ", Zone: "abbr", Money: "$", Weight: "lbs", Temp: "each", Equip: 9, Refs: "colon", Phone: "dash", Terms: 9}},
	{"v-webmemo", paper.Third, paper.Style{Date: "January 2, 2006", Clock: "3:04 PM", To: " to ", Money: "both", Weight: "pounds", Temp: "deg", Equip: 10, Refs: "dash", Phone: "dot", Terms: 10}},
	{"w-webtender", paper.Fourth, paper.Style{Date: "01/02/2006", Clock: "15:04", Zone: "abbr", Money: "pre", Weight: ".0", Temp: "each", Equip: 12, Refs: "edi", Phone: "dash", Terms: 13}},
	{"w-webpath", paper.Fourth, paper.Style{Date: "Jan 2, 2006", Stop: "Mon, Jan 2", Clock: "3:04 PM", To: " – ", Zone: "abbr", Money: "$", Weight: "lbs", Temp: "deg", Equip: 13, Refs: "id", Phone: "tight", Terms: 12}},
	{"w-weborder", paper.Fourth, paper.Style{Date: "02 Jan 2006", Clock: "15:04", To: "–", Money: "code", Weight: "Lbs.", Temp: "to", Equip: 15, Refs: "slash", Phone: "dot", Terms: 15}},
}

// browser prints the sheets that come out of Chromium, as they do from many web systems.
func (s *set) browser() error {
	for _, web := range webStyles {
		if web.batch != s.batch {
			continue
		}
		times := 6
		if s.batch == paper.Fourth { // more layouts, fewer of each
			times = 5
		}
		for i := range times {
			rc, flags, note := s.load(), []string(nil), ""
			if i == times-1 {
				for len(rc.Charges) < 2 {
					rc = s.load()
				}
				rc, flags = paper.Plant(rc, paper.FaultTotal)
				note = "planted: " + paper.FaultTotal
			}
			body, label, err := web2pdf(web.name, paper.NewPen(rc, web.style))
			if err != nil {
				return fmt.Errorf("%s: %w", web.name, err)
			}
			if i == times-2 {
				if err := s.picture(web.name, i+int(s.seed%int64(times-1)), body, label); err != nil {
					return err
				}
				continue
			}
			label.FlagsExpected = flags
			if err := s.add(entry{Layout: web.name, Medium: "chrome_pdf", Note: note}, "pdf", body, label); err != nil {
				return err
			}
		}
	}
	return nil
}

var madeOn = regexp.MustCompile(`\(D:\d{14}\+00'00'\)`)

// web2pdf fills a sheet, prints it and proves that the page shows what the pen handed out.
func web2pdf(name string, p *paper.Pen) ([]byte, paper.Label, error) {
	page, err := template.ParseFS(sheets, "sheets/"+name+".html")
	if err != nil {
		return nil, paper.Label{}, err
	}
	var html bytes.Buffer
	if err := page.Execute(&html, p); err != nil {
		return nil, paper.Label{}, err
	}
	dir, err := os.MkdirTemp("", "printset")
	if err != nil {
		return nil, paper.Label{}, err
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "in.html"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, html.Bytes(), 0o600); err != nil {
		return nil, paper.Label{}, err
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pdf-header-footer",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--print-to-pdf="+out, "file://"+in)
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, paper.Label{}, fmt.Errorf("chromium (apt install chromium): %w: %s", err, said)
	}
	if err := shows(out, p.Said()); err != nil {
		return nil, paper.Label{}, err
	}
	body, err := os.ReadFile(out)
	if err != nil {
		return nil, paper.Label{}, err
	}
	return madeOn.ReplaceAll(body, []byte("(D:"+epoch.Format("20060102150405")+"+00'00')")), p.Label(), nil
}

// shows fails when a labelled text is not on the pages.
func shows(file string, said []string) error {
	raw, err := exec.Command("pdftotext", "-raw", file, "-").Output()
	if err != nil {
		return fmt.Errorf("pdftotext (apt install poppler-utils): %w", err)
	}
	squeeze := func(v string) string {
		return strings.Join(strings.Fields(strings.ReplaceAll(v, "\u00a0", " ")), "")
	}
	text := squeeze(string(raw))
	for _, v := range said {
		if !strings.Contains(text, squeeze(v)) {
			return fmt.Errorf("%q is in the label but not on the page", v)
		}
	}
	return nil
}
