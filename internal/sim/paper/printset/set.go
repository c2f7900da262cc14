package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"truckflow/internal/sim/paper"
)

// entry is one line of a manifest.
type entry struct {
	File   string `json:"file"`
	Layout string `json:"layout"`
	Split  string `json:"split"`
	Medium string `json:"medium"`
	Note   string `json:"note,omitempty"`
}

// set is one split being written, batch by batch.
type set struct {
	dir, split string
	batch      int // of paper's layouts
	seed       int64
	manifest   []entry
}

func newSet(out, split string) (*set, error) {
	dir := filepath.Join(out, split)
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	return &set{dir: dir, split: split}, os.MkdirAll(dir, 0o755)
}

// worlds keeps the loads of the batches apart: a batch that moves from one
// split to the other prints the same documents there.
var worlds = map[int]int64{paper.First: 0, paper.Second: 5_000_000, paper.Third: 9_000_000, paper.Fourth: 14_000_000}

// start turns to a batch of the split.
func (s *set) start(batch int, seed int64) { s.batch, s.seed = batch, (seed+worlds[batch])*1000 }

// load invents the next load; no two documents of the world share one.
func (s *set) load() paper.RateCon {
	return paper.Load(s.batch, s.next())
}

// add writes a document, its label and its line of the manifest.
func (s *set) add(e entry, ext string, body []byte, label paper.Label) error {
	name := fmt.Sprintf("%03d-%s", len(s.manifest)+1, e.Layout)
	e.File, e.Split = name+"."+ext, s.split
	s.manifest = append(s.manifest, e)
	if err := os.WriteFile(filepath.Join(s.dir, e.File), body, 0o644); err != nil {
		return err
	}
	return writeJSON(filepath.Join(s.dir, name+".label.json"), label)
}

func (s *set) finish() error { return writeJSON(filepath.Join(s.dir, "manifest.json"), s.manifest) }

func writeJSON(file string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

var mediumOf = map[string]string{"pdf": "text_pdf", "txt": "text", "eml": "email"}

// layouts are those of the batch.
func (s *set) layouts() []paper.Layout {
	var out []paper.Layout
	for _, l := range paper.Layouts() {
		if l.Batch == s.batch {
			out = append(out, l)
		}
	}
	return out
}

// printAll writes every kind of document of the batch. The fourth is of rate
// confirmations alone: the other papers look as they did in the batches before.
func (s *set) printAll() error {
	steps := []func() error{s.plain, s.faults, s.browser, s.pictures, s.papers}
	if s.batch == paper.Fourth {
		steps = steps[:4]
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// plain prints each layout with sound loads: of one route, of many stops, of a reefer.
func (s *set) plain() error {
	for _, l := range s.layouts() {
		n := 4
		switch {
		case l.Worn:
			n = 1
		case l.Ext != "pdf" || s.batch == paper.Fourth:
			n = 3
		}
		for range n {
			if err := s.print(l, s.load(), nil, "", ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// print writes one document of a layout as it comes out of the printer.
func (s *set) print(l paper.Layout, rc paper.RateCon, flags []string, fault, note string) error {
	body, pen, err := l.Render(rc)
	if err != nil {
		return err
	}
	label := pen.Label()
	label.FlagsExpected = flags
	if fault != "" {
		note = "planted: " + fault
	}
	return s.add(entry{Layout: l.Name, Medium: mediumOf[l.Ext], Note: note}, l.Ext, body, label)
}

// faults prints sheets that are wrong on purpose. A fault goes to a layout
// that shows it: a sum needs lines, a second total needs a second place.
func (s *set) faults() error {
	for i, fault := range faultPlans[s.batch] {
		for k, l := range s.layouts() {
			if k%len(s.layouts()) != fault.at%len(s.layouts()) {
				continue
			}
			rc := s.load()
			for !fault.fits(rc) {
				rc = s.load()
			}
			bad, flags := paper.Plant(rc, fault.name)
			if err := s.print(l, bad, flags, fault.name, ""); err != nil {
				return fmt.Errorf("fault %d: %w", i, err)
			}
		}
	}
	return nil
}

type planned struct {
	name string
	at   int // index of the layout within the batch
}

// fits reports whether the load can carry the fault.
func (f planned) fits(rc paper.RateCon) bool {
	switch f.name {
	case paper.FaultNoTemp:
		return rc.Equipment == "reefer"
	case paper.FaultTotal:
		return len(rc.Charges) > 1
	case paper.FaultZIP:
		return len(rc.Stops[len(rc.Stops)-1].ZIP) == 5
	case paper.FaultDayFirst, paper.FaultOrder, paper.FaultNoCity:
		return len(rc.Stops) == 2
	}
	return true
}
