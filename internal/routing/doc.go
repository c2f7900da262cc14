// Package routing answers where places are, what time they keep and how far
// apart they are. It has no tables: places come from the embedded gazetteer.
//
// Miles are behind the Router port. The first driver, Corridor, estimates
// practical truck miles from positions alone (great circle, led around lakes,
// bays, mountains and borders, times a circuity for the terrain and the length
// of the trip); every answer is labelled estimated. A road network fills the
// port next.
package routing
