// Package customers keeps who pays us and where freight is picked up and
// delivered: brokers and shippers with terms, credit and contacts, and facilities
// with hours, time zone and position.
//
// The same broker is written ten ways on ten papers; Match and MatchFacility
// find who is meant.
package customers
