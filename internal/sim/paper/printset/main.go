// Command printset writes the reader's test set: documents of invented
// freight with their labels, and one manifest per split. It needs pdftoppm
// (apt install poppler-utils) for the scans and chromium for the sheets that
// come out of a browser, which is why it is a tool and not part of the product.
//
//	go run ./internal/sim/paper/printset -out testdata/reading -seed 1
package main

import (
	"flag"
	"fmt"
	"os"

	"truckflow/internal/sim/paper"
)

func main() {
	out := flag.String("out", "testdata/reading", "folder to write tune/ and heldout/ into")
	seed := flag.Int64("seed", 1, "the world to print; the same seed prints the same documents")
	flag.Parse()
	if err := run(*out, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "printset:", err)
		os.Exit(1)
	}
}

// run prints both splits.
func run(out string, seed int64) error {
	for _, split := range []string{"tune", "heldout"} {
		s, err := newSet(out, split)
		if err != nil {
			return err
		}
		for batch := paper.First; batch <= paper.Fourth; batch++ {
			if (batch >= paper.HeldOutBatch) != (split == "heldout") {
				continue
			}
			s.start(batch, seed)
			if err := s.printAll(); err != nil {
				return err
			}
		}
		if err := s.finish(); err != nil {
			return err
		}
		fmt.Printf("%s: %d documents\n", split, len(s.manifest))
	}
	return nil
}
