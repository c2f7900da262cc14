// Package onnx runs neural networks with the ONNX Runtime, a shared library that is opened
// when it is asked for, without cgo. A program that links this package needs the system's
// C library at its start, and what goes wrong in the shared library ends it: only
// cmd/truckflow-ocr links it, the server talks to that program (see package worker).
package onnx

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// apiVersion is the oldest version of the library's interface with all that is used here;
// newer libraries keep offering it (onnxruntime_c_api.h, ORT_API_VERSION).
const apiVersion = 16

// Places of functions in the library's table (struct OrtApi, to which is only ever appended).
const (
	getErrorMessage        = 2
	createEnv              = 3
	createSession          = 7
	run                    = 9
	createSessionOptions   = 10
	disableCPUMemArena     = 19
	disableMemPattern      = 17
	setGraphOptimization   = 23
	setIntraOpNumThreads   = 24
	sessionInputName       = 36
	sessionOutputName      = 37
	createTensorWithData   = 49
	getTensorMutableData   = 51
	getDimensionsCount     = 61
	getDimensions          = 62
	getTensorTypeAndShape  = 65
	createCPUMemoryInfo    = 69
	allocatorFree          = 76
	defaultAllocator       = 78
	releaseStatus          = 93
	releaseValue           = 96
	releaseTensorTypeShape = 99
	releaseSessionOptions  = 100
	tableLen               = 101
)

const (
	elementFloat  = 1 // ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT
	logErrors     = 3 // ORT_LOGGING_LEVEL_ERROR
	optimizeAll   = 99
	arenaOfDevice = 0 // OrtDeviceAllocator
	memDefault    = 0 // OrtMemTypeDefault
)

// Library is the opened shared library.
type Library struct {
	table [tableLen]uintptr
	env   uintptr
	mem   uintptr // where tensors lie: the processor's memory
	alloc uintptr
}

// Open loads the shared library at path.
func Open(path string) (*Library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	base, err := purego.Dlsym(handle, "OrtGetApiBase")
	if err != nil {
		return nil, fmt.Errorf("%s is no ONNX Runtime: %w", path, err)
	}
	var getBase func() unsafe.Pointer
	purego.RegisterFunc(&getBase, base)
	var getAPI func(uint32) unsafe.Pointer
	purego.RegisterFunc(&getAPI, *(*uintptr)(getBase()))
	api := getAPI(apiVersion)
	if api == nil {
		return nil, fmt.Errorf("%s is too old: it does not offer version %d of its interface", path, apiVersion)
	}
	l := &Library{table: *(*[tableLen]uintptr)(api)}
	name := cstring("truckflow")
	if err := l.call(createEnv, logErrors, ptr(name), uintptr(unsafe.Pointer(&l.env))); err != nil {
		return nil, err
	}
	if err := l.call(createCPUMemoryInfo, arenaOfDevice, memDefault, uintptr(unsafe.Pointer(&l.mem))); err != nil {
		return nil, err
	}
	return l, l.call(defaultAllocator, uintptr(unsafe.Pointer(&l.alloc)))
}

// call calls a function that returns a status.
//
//go:uintptrescapes
func (l *Library) call(place int, args ...uintptr) error {
	status, _, _ := purego.SyscallN(l.table[place], args...)
	if status == 0 {
		return nil
	}
	text, _, _ := purego.SyscallN(l.table[getErrorMessage], status)
	err := errors.New(gostring(text))
	purego.SyscallN(l.table[releaseStatus], status)
	return err
}

// Session is one network, loaded. It takes one tensor and gives one. Not for use by
// several goroutines at once.
type Session struct {
	lib     *Library
	session uintptr
	in, out []byte // names
}

// Load reads a network from a file. It works with one thread: pages are worked on side by
// side, and more threads for one make both slower.
func (l *Library) Load(path string) (*Session, error) {
	var options uintptr
	if err := l.call(createSessionOptions, uintptr(unsafe.Pointer(&options))); err != nil {
		return nil, err
	}
	defer purego.SyscallN(l.table[releaseSessionOptions], options)
	if err := errors.Join(
		l.call(setIntraOpNumThreads, options, 1),
		l.call(setGraphOptimization, options, optimizeAll),
		// Every line has another length: what is kept for the next is hardly ever used.
		l.call(disableMemPattern, options),
		l.call(disableCPUMemArena, options),
	); err != nil {
		return nil, err
	}
	s := &Session{lib: l}
	file := cstring(path)
	if err := l.call(createSession, l.env, ptr(file), options, uintptr(unsafe.Pointer(&s.session))); err != nil {
		return nil, err
	}
	var err error
	if s.in, err = s.name(sessionInputName); err != nil {
		return nil, err
	}
	s.out, err = s.name(sessionOutputName)
	return s, err
}

// name is the first input's or output's.
func (s *Session) name(place int) ([]byte, error) {
	var at uintptr
	if err := s.lib.call(place, s.session, 0, s.lib.alloc, uintptr(unsafe.Pointer(&at))); err != nil {
		return nil, err
	}
	name := cstring(gostring(at))
	return name, s.lib.call(allocatorFree, s.lib.alloc, at)
}

// Run puts a tensor through the network. What comes back is good until each returns.
func (s *Session) Run(shape []int64, data []float32, each func(shape []int64, data []float32) error) error {
	l := s.lib
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&data[0]) // the tensor keeps its address
	var in, out, info uintptr
	err := l.call(createTensorWithData, l.mem, uintptr(unsafe.Pointer(&data[0])), uintptr(len(data))*4,
		uintptr(unsafe.Pointer(&shape[0])), uintptr(len(shape)), elementFloat, uintptr(unsafe.Pointer(&in)))
	if err != nil {
		return err
	}
	defer purego.SyscallN(l.table[releaseValue], in)
	names := [2]*byte{&s.in[0], &s.out[0]}
	pin.Pin(names[0])
	pin.Pin(names[1])
	if err := l.call(run, s.session, 0, uintptr(unsafe.Pointer(&names[0])), uintptr(unsafe.Pointer(&in)), 1,
		uintptr(unsafe.Pointer(&names[1])), 1, uintptr(unsafe.Pointer(&out))); err != nil {
		return err
	}
	defer purego.SyscallN(l.table[releaseValue], out)
	if err := l.call(getTensorTypeAndShape, out, uintptr(unsafe.Pointer(&info))); err != nil {
		return err
	}
	defer purego.SyscallN(l.table[releaseTensorTypeShape], info)
	var n, at uintptr
	if err := l.call(getDimensionsCount, info, uintptr(unsafe.Pointer(&n))); err != nil {
		return err
	}
	dims := make([]int64, n+1)
	if err := l.call(getDimensions, info, uintptr(unsafe.Pointer(&dims[0])), n); err != nil {
		return err
	}
	if err := l.call(getTensorMutableData, out, uintptr(unsafe.Pointer(&at))); err != nil {
		return err
	}
	size := int64(1)
	for _, d := range dims[:n] {
		size *= d
	}
	return each(dims[:n], unsafe.Slice((*float32)(pointer(at)), size))
}

func cstring(s string) []byte { return append([]byte(s), 0) }

func ptr(b []byte) uintptr { return uintptr(unsafe.Pointer(&b[0])) }

// pointer is an address that the library gave, of its own memory.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

func gostring(at uintptr) string {
	var out []byte
	for p := pointer(at); *(*byte)(p) != 0; p = unsafe.Add(p, 1) {
		out = append(out, *(*byte)(p))
	}
	return string(out)
}
