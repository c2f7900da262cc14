// Package worker keeps a child program that runs neural networks: truckflow-ocr, which
// links the ONNX Runtime. Whatever happens in that library's native code, too much memory
// or too much time ends the child and never the server.
//
// Both ends speak over the child's standard input and output, little-endian: a tensor for
// one network goes in, a tensor or the reason why there is none comes back.
package worker

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"unsafe"
)

// Greeting is what the child says first. Its number changes with what is said after it.
const Greeting = "truckflow-ocr 1\n"

// Tensor is numbers in rows, the last dimension's beside each other.
type Tensor struct {
	Shape []int64
	Data  []float32
}

// Request is one run of one network.
type Request struct {
	Net  string  // the network's file in the child's folder
	Keep []int32 // of the answer's last dimension: all when empty
	In   Tensor
}

const (
	maxDims   = 8
	maxFloats = 1 << 26 // 256 MB: a page for detection has 7 million
	maxText   = 1 << 12
	maxKeep   = 1 << 14
)

var errWire = errors.New("the second reader's program spoke nonsense")

func writeRequest(w *bufio.Writer, q Request) error {
	writeText(w, q.Net)
	writeInts(w, q.Keep)
	writeTensor(w, q.In)
	return w.Flush()
}

func readRequest(r *bufio.Reader) (q Request, err error) {
	if q.Net, err = readText(r); err != nil {
		return q, err
	}
	if q.Keep, err = readInts(r, maxKeep); err != nil {
		return q, err
	}
	q.In, err = readTensor(r)
	return q, err
}

func writeAnswer(w *bufio.Writer, t Tensor, failed error) error {
	text := ""
	if failed != nil {
		text = failed.Error()
		text = text[:min(len(text), maxText)]
		t = Tensor{}
	}
	writeText(w, text)
	writeTensor(w, t)
	return w.Flush()
}

// readAnswer's refused is what the network said of the request; err means that the child
// cannot be talked to any more.
func readAnswer(r *bufio.Reader) (t Tensor, refused, err error) {
	text, err := readText(r)
	if err != nil {
		return t, nil, err
	}
	if t, err = readTensor(r); err == nil && text != "" {
		refused = errors.New(text)
	}
	return t, refused, err
}

// A bufio.Writer keeps its first error until Flush.

func writeInts(w *bufio.Writer, v []int32) {
	_ = binary.Write(w, binary.LittleEndian, uint32(len(v)))
	_ = binary.Write(w, binary.LittleEndian, v)
}

func readInts(r *bufio.Reader, most uint32) ([]int32, error) {
	n, err := readLen(r, most)
	if err != nil {
		return nil, err
	}
	v := make([]int32, n)
	return v, binary.Read(r, binary.LittleEndian, v)
}

func writeText(w *bufio.Writer, s string) {
	_ = binary.Write(w, binary.LittleEndian, uint32(len(s)))
	_, _ = w.WriteString(s)
}

func readText(r *bufio.Reader) (string, error) {
	n, err := readLen(r, maxText)
	if err != nil {
		return "", err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(r, b)
	return string(b), err
}

func writeTensor(w *bufio.Writer, t Tensor) {
	_ = binary.Write(w, binary.LittleEndian, uint32(len(t.Shape)))
	_ = binary.Write(w, binary.LittleEndian, t.Shape)
	_, _ = w.Write(bytesOf(t.Data))
}

func readTensor(r *bufio.Reader) (t Tensor, err error) {
	n, err := readLen(r, maxDims)
	if err != nil || n == 0 {
		return t, err
	}
	t.Shape = make([]int64, n)
	if err := binary.Read(r, binary.LittleEndian, t.Shape); err != nil {
		return t, err
	}
	size := int64(1)
	for _, d := range t.Shape {
		if d <= 0 || d > maxFloats || size*d > maxFloats {
			return t, fmt.Errorf("%w: a tensor of %v", errWire, t.Shape)
		}
		size *= d
	}
	t.Data = make([]float32, size)
	_, err = io.ReadFull(r, bytesOf(t.Data))
	return t, err
}

func readLen(r *bufio.Reader, most uint32) (n uint32, err error) {
	if err = binary.Read(r, binary.LittleEndian, &n); err == nil && n > most {
		err = fmt.Errorf("%w: a length of %d", errWire, n)
	}
	return n, err
}

// bytesOf is the numbers' own memory: both ends are programs of one machine, and all that
// Go and the library run on together are little-endian.
func bytesOf(f []float32) []byte {
	if len(f) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&f[0])), len(f)*int(unsafe.Sizeof(float32(0))))
}

// Serve answers requests until in ends. run puts a tensor through a network; what it hands
// to each is good until each returns.
func Serve(in io.Reader, out io.Writer, run func(net string, t Tensor, each func(Tensor) error) error) error {
	r, w := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(out, 1<<16)
	_, _ = w.WriteString(Greeting)
	if err := w.Flush(); err != nil {
		return err
	}
	for {
		q, err := readRequest(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var broken error
		refused := run(q.Net, q.In, func(t Tensor) error {
			kept, err := kept(t, q.Keep)
			if err != nil {
				return err
			}
			broken = writeAnswer(w, kept, nil)
			return nil
		})
		if refused != nil {
			broken = writeAnswer(w, Tensor{}, refused)
		}
		if broken != nil {
			return broken
		}
	}
}

// kept leaves of the last dimension what is asked for: of 6,625 characters a reader of
// English needs 97.
func kept(t Tensor, keep []int32) (Tensor, error) {
	if len(keep) == 0 || len(t.Shape) == 0 {
		return t, nil
	}
	last := len(t.Shape) - 1
	wide := int(t.Shape[last])
	for _, k := range keep {
		if k < 0 || int(k) >= wide {
			return t, fmt.Errorf("there is no column %d of %d", k, wide)
		}
	}
	out := Tensor{Shape: append([]int64(nil), t.Shape...), Data: make([]float32, 0, len(t.Data)/wide*len(keep))}
	out.Shape[last] = int64(len(keep))
	for row := 0; row+wide <= len(t.Data); row += wide {
		for _, k := range keep {
			v := t.Data[row+int(k)]
			if math.IsNaN(float64(v)) {
				v = 0
			}
			out.Data = append(out.Data, v)
		}
	}
	return out, nil
}
