// Package documents takes in paper: it stores each file once, has it read into
// fields with evidence, keeps versions, and lets it go when the law does. The
// reading itself is the kernel extract.
package documents
