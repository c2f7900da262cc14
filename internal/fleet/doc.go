// Package fleet keeps trucks, trailers and drivers: who and what there is,
// which papers run out when, and whether the law lets them be dispatched.
//
// A fleet is small (hundreds), so lists are read whole and filtered here.
// Dates are calendar days, held as midnight UTC; "today" is the company's.
package fleet
