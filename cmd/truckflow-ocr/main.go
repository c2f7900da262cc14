// Command truckflow-ocr is the second reader's helper: it runs the networks in a folder
// with the ONNX Runtime in the same folder, for the truckflow program that started it,
// and ends with it. People have no use for it.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"truckflow/internal/platform/ocr/onnx"
	"truckflow/internal/platform/ocr/ppocr"
	"truckflow/internal/platform/ocr/worker"
)

// maxMemory is what a child may take: a page needs some 400 MB.
const maxMemory = 1 << 30

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "truckflow-ocr: truckflow starts this program itself, with the folder of its library and networks")
		os.Exit(2)
	}
	if err := serve(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "truckflow-ocr:", err)
		os.Exit(1)
	}
}

func serve(dir string) error {
	const rlimitData = 2 // RLIMIT_DATA: private memory that is written to
	if err := syscall.Setrlimit(rlimitData, &syscall.Rlimit{Cur: maxMemory, Max: maxMemory}); err != nil {
		return err
	}
	lib, err := onnx.Open(filepath.Join(dir, ppocr.Library))
	if err != nil {
		return err
	}
	loaded := map[string]*onnx.Session{}
	return worker.Serve(os.Stdin, os.Stdout, func(net string, t worker.Tensor, each func(worker.Tensor) error) error {
		s := loaded[net]
		if s == nil {
			if s, err = lib.Load(filepath.Join(dir, filepath.Base(net))); err != nil {
				return err
			}
			loaded[net] = s
		}
		return s.Run(t.Shape, t.Data, func(shape []int64, data []float32) error {
			return each(worker.Tensor{Shape: shape, Data: data})
		})
	})
}
