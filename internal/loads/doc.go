// Package loads is the main noun: a load with its stops, charges and references,
// from draft to closed. The legal steps are the kernel lifecycle's; every change
// is one transaction with its history, audit line and event, and carries the
// version it was made on, so that two dispatchers never overwrite each other.
package loads
