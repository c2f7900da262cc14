package main

import (
	"bytes"
	"io"

	"truckflow/internal/sim/paper"
)

// heldOutFaults are the faults of the held-out split, by position of its layouts.
var heldOutFaults = []planned{
	{paper.FaultTotal, 1}, {paper.FaultTotal, 6}, {paper.FaultOrder, 2}, {paper.FaultZIP, 5}, {paper.FaultZIP, 0},
	{paper.FaultDayFirst, 2}, {paper.FaultDayFirst, 6}, {paper.FaultNoTotal, 5}, {paper.FaultNoCity, 2},
	{paper.FaultBareWeight, 4}, {paper.FaultNoTemp, 0}, {paper.FaultInjection, 3}, {paper.FaultInjection, 7},
}

// papers prints the freight papers that are not rate confirmations.
func (s *set) papers() error {
	times := 2
	if s.split == "heldout" {
		times = 1
	}
	for i := range 3 * times {
		if err := s.paper("bol", i, func(w io.Writer) (paper.Label, error) { return paper.PrintBOL(w, paper.RandomBOL(s.next())) }); err != nil {
			return err
		}
		if err := s.paper("pod", i+1, func(w io.Writer) (paper.Label, error) { return paper.PrintPOD(w, paper.RandomPOD(s.next())) }); err != nil {
			return err
		}
	}
	for i, kind := range []string{paper.LumperReceipt, paper.LumperReceipt, paper.ScaleTicket, paper.Invoice, paper.Invoice, paper.OtherPaper} {
		if err := s.paper(kind, i, func(w io.Writer) (paper.Label, error) {
			return paper.PrintReceipt(w, paper.RandomReceipt(kind, s.next()))
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *set) next() int64 { s.seed++; return s.seed }

// paper prints one paper; every third one comes back as a scan.
func (s *set) paper(name string, i int, print func(io.Writer) (paper.Label, error)) error {
	var b bytes.Buffer
	label, err := print(&b)
	if err != nil {
		return err
	}
	if i%3 == 2 {
		return s.picture(name, i, b.Bytes(), label)
	}
	return s.add(entry{Layout: name, Medium: "text_pdf"}, "pdf", b.Bytes(), label)
}
