// Package pricing knows what lanes pay: from the company's own priced loads it
// learns, every night, a baseline and, where they beat it, boosted trees; it
// answers with a range, where the answer comes from and how good it has been,
// and makes of it a sheet to negotiate with. No language model makes a number here.
package pricing
