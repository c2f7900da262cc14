package main

import "truckflow/internal/sim/paper"

// faultPlans spreads the faults over the layouts of each batch; the numbers are
// positions in the batch of layouts that print what the fault spoils.
var faultPlans = map[int][]planned{
	paper.First: {
		{paper.FaultTotal, 0}, {paper.FaultTotal, 1}, {paper.FaultTotal, 4}, {paper.FaultTotal, 9},
		{paper.FaultOrder, 2}, {paper.FaultOrder, 6}, {paper.FaultOrder, 13},
		{paper.FaultZIP, 0}, {paper.FaultZIP, 5}, {paper.FaultZIP, 14},
		{paper.FaultDayFirst, 3}, {paper.FaultDayFirst, 1}, {paper.FaultDayFirst, 7},
		{paper.FaultNoTotal, 4}, {paper.FaultNoTotal, 14}, {paper.FaultNoCity, 2}, {paper.FaultNoCity, 13},
		{paper.FaultSecondTotal, 10}, {paper.FaultSecondTotal, 12}, {paper.FaultSecondTotal, 15},
		{paper.FaultBareWeight, 5}, {paper.FaultBareWeight, 3}, {paper.FaultNoTemp, 0}, {paper.FaultNoTemp, 9},
		{paper.FaultInjection, 0}, {paper.FaultInjection, 4}, {paper.FaultInjection, 8}, {paper.FaultInjection, 11},

		{paper.FaultTotal, 23}, {paper.FaultTotal, 28}, {paper.FaultOrder, 24}, {paper.FaultZIP, 27}, {paper.FaultZIP, 22},
		{paper.FaultDayFirst, 24}, {paper.FaultDayFirst, 28}, {paper.FaultNoTotal, 27}, {paper.FaultNoCity, 24},
		{paper.FaultBareWeight, 26}, {paper.FaultNoTemp, 22}, {paper.FaultInjection, 25}, {paper.FaultInjection, 29},
	},
	paper.Second: {
		{paper.FaultTotal, 0}, {paper.FaultTotal, 3}, {paper.FaultTotal, 6}, {paper.FaultTotal, 7}, {paper.FaultOrder, 2}, {paper.FaultOrder, 9},
		{paper.FaultZIP, 1}, {paper.FaultZIP, 8}, {paper.FaultZIP, 5}, {paper.FaultDayFirst, 0}, {paper.FaultDayFirst, 3}, {paper.FaultNoTotal, 4},
		{paper.FaultNoTotal, 9}, {paper.FaultNoCity, 1}, {paper.FaultNoCity, 7}, {paper.FaultBareWeight, 2}, {paper.FaultBareWeight, 8}, {paper.FaultNoTemp, 0},
		{paper.FaultNoTemp, 5}, {paper.FaultInjection, 3}, {paper.FaultInjection, 6}, {paper.FaultInjection, 11},
	},
	paper.Third: {
		{paper.FaultTotal, 0}, {paper.FaultTotal, 3}, {paper.FaultTotal, 5}, {paper.FaultOrder, 1}, {paper.FaultOrder, 2},
		{paper.FaultZIP, 3}, {paper.FaultZIP, 0}, {paper.FaultDayFirst, 2}, {paper.FaultDayFirst, 1}, {paper.FaultNoTotal, 0}, {paper.FaultNoTotal, 4},
		{paper.FaultNoCity, 1}, {paper.FaultNoCity, 3}, {paper.FaultBareWeight, 2}, {paper.FaultBareWeight, 5}, {paper.FaultNoTemp, 0}, {paper.FaultNoTemp, 1},
		{paper.FaultInjection, 2}, {paper.FaultInjection, 4},
	},
	paper.Fourth: {
		{paper.FaultTotal, 0}, {paper.FaultTotal, 4}, {paper.FaultOrder, 1}, {paper.FaultOrder, 8}, {paper.FaultZIP, 2}, {paper.FaultZIP, 4},
		{paper.FaultDayFirst, 3}, {paper.FaultNoTotal, 2}, {paper.FaultNoTotal, 8}, {paper.FaultNoCity, 0}, {paper.FaultSecondTotal, 1}, {paper.FaultBareWeight, 3},
		{paper.FaultBareWeight, 0}, {paper.FaultZIP, 7}, {paper.FaultNoTemp, 4}, {paper.FaultNoTemp, 3}, {paper.FaultInjection, 0}, {paper.FaultInjection, 2}, {paper.FaultInjection, 4}, {paper.FaultInjection, 7},
	},
}
