// Package billing turns a delivered load into money: invoice, packet, mail,
// payments, short-pays, credit notes, ageing. Numbers have no gaps; what was
// issued is never edited (the database refuses it too), only reversed.
package billing
