package main

import (
	"bytes"
	"io"

	"truckflow/internal/sim/paper"
)

// heldOutFaults are the faults of the held-out split, by position of its layouts.
var heldOutFaults = []planned{
	{paper.FaultTotal, 0}, {paper.FaultTotal, 3}, {paper.FaultTotal, 6}, {paper.FaultTotal, 7}, {paper.FaultOrder, 2}, {paper.FaultOrder, 9},
	{paper.FaultZIP, 1}, {paper.FaultZIP, 8}, {paper.FaultZIP, 5}, {paper.FaultDayFirst, 0}, {paper.FaultDayFirst, 3}, {paper.FaultNoTotal, 4},
	{paper.FaultNoTotal, 9}, {paper.FaultNoCity, 1}, {paper.FaultNoCity, 7}, {paper.FaultBareWeight, 2}, {paper.FaultBareWeight, 8}, {paper.FaultNoTemp, 0},
	{paper.FaultNoTemp, 5}, {paper.FaultInjection, 3}, {paper.FaultInjection, 6}, {paper.FaultInjection, 11},
}

// papers prints the freight papers that are not rate confirmations.
func (s *set) papers() error {
	bol, pod, receipt, times := paper.RandomBOL, paper.RandomPOD, paper.RandomReceipt, 2
	if s.split == "heldout" {
		bol, pod, receipt, times = paper.FreshBOL, paper.FreshPOD, paper.FreshReceipt, 1
	}
	for i := range 3 * times {
		if err := s.paper("bol", i, func(w io.Writer) (paper.Label, error) { return paper.PrintBOL(w, bol(s.next())) }); err != nil {
			return err
		}
		if err := s.paper("pod", i+1, func(w io.Writer) (paper.Label, error) { return paper.PrintPOD(w, pod(s.next())) }); err != nil {
			return err
		}
	}
	for i, kind := range []string{paper.LumperReceipt, paper.LumperReceipt, paper.ScaleTicket, paper.Invoice, paper.Invoice, paper.OtherPaper} {
		if err := s.paper(kind, i, func(w io.Writer) (paper.Label, error) { return paper.PrintReceipt(w, receipt(kind, s.next())) }); err != nil {
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
