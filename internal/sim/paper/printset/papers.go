package main

import (
	"bytes"
	"io"

	"truckflow/internal/sim/paper"
)

// papers prints the freight papers that are not rate confirmations.
func (s *set) papers() error {
	bol, pod, times := paper.RandomBOL, paper.RandomPOD, 2
	if s.batch != paper.First {
		bol, pod, times = func(n int64) paper.BOL { return paper.FormBOL(s.batch, n) }, func(n int64) paper.POD { return paper.FormPOD(s.batch, n) }, 1
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
		if err := s.paper(kind, i, func(w io.Writer) (paper.Label, error) {
			return paper.PrintReceipt(w, paper.RandomReceipt(s.batch, kind, s.next()))
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
