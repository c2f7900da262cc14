package paper

// voice is one house's wording of the terms. The words in braces are filled
// in: {days} of payment, {pct} and {quick} days of quick pay, {free} time ({FREE} in capitals),
// {rate} an hour, {cap} a day, {amt} of the clause's own amount; {written}
// days and {hours} are numbers in words and figures, as lawyers write them.
type voice struct {
	pay, quick                 string
	detention, dailyCap, after string
	layover, tonu, stopOff     string
	reimbursed, carrier        string // who bears the lumper
	shipper                    string
	late, tracking             string
}

// voices are the wordings a Style's Terms chooses from: the first four are of
// the first batch of layouts, the next four of the second, the rest of the third.
var voices = []voice{
	{pay: "Payment terms are Net {days} days from receipt of invoice and signed proof of delivery.", quick: " Quick pay is available: {pct} discount for payment in {quick} days.",
		detention: "Detention begins after {free} free time and is paid at {rate} per hour", dailyCap: ", not to exceed {cap} per day", after: ". Broker must be notified 30 minutes before free time ends.",
		layover: "Layover is paid at {amt} per day with prior approval.", tonu: "Truck ordered not used (TONU) is {amt}.", stopOff: "Additional stops are paid at {amt} each.",
		reimbursed: "Lumper fees are reimbursed with a valid receipt.", carrier: "Lumper fees are the responsibility of the carrier.", shipper: "Lumper fees are paid by the shipper.",
		late: "A late fee of {amt} may be charged for a missed appointment.", tracking: "Electronic tracking is required on this load from pickup through delivery."},
	{pay: "We pay in {days} days after we receive a clean POD and your invoice.", quick: " Quick Pay within {quick} days for a {pct} fee.",
		detention: "Detention: {free} free, then {rate}/hr", dailyCap: " (max {cap}/day)", after: ".",
		layover: "Layover: {amt}/day.", tonu: "TONU: {amt}.", stopOff: "Stop-off: {amt} per extra stop.",
		reimbursed: "Lumpers: reimbursed with receipt.", carrier: "Lumpers: carrier pays.", shipper: "Lumpers: shipper pays.",
		late: "Late delivery fee: {amt}.", tracking: "Tracking required: YES."},
	{pay: "Standard pay: {days} days.", quick: " QuickPay: {quick} days less {pct}.",
		detention: "Detention pays {rate}/hour after the first {free}", dailyCap: ", capped at {cap} per day", after: ". In and out times must be signed on the BOL.",
		layover: "Approved layovers pay {amt} per 24 hours.", tonu: "If we cancel after dispatch, a truck-order-not-used fee of {amt} applies.", stopOff: "Extra stops pay {amt} each.",
		reimbursed: "Lumper will be reimbursed when the original receipt is sent with your invoice.", carrier: "Lumper charges are paid by the carrier and are not reimbursed.", shipper: "Lumper charges are covered by the shipper.",
		late: "Late arrival at any appointment costs {amt}.", tracking: "Driver must accept the tracking link before loading."},
	{pay: "Carrier invoices will be paid within {days} days of receipt of all required paperwork.", quick: " A quick pay option of {pct} is offered for payment within {quick} business days.",
		detention: "Carrier is allowed {free} of free time at each stop. Detention thereafter is {rate} per hour", dailyCap: " to a maximum of {cap} per day", after: ".",
		layover: "Layover, if authorized in writing, will be {amt} per day.", tonu: "TONU will be paid at {amt} if the truck was dispatched and on site.", stopOff: "A stop-off charge of {amt} applies to each additional stop.",
		reimbursed: "Lumper charges shall be reimbursed upon submission of a receipt.", carrier: "All lumper fees are to be borne by the Carrier.", shipper: "All lumper fees are for the account of the Shipper.",
		late: "Broker may deduct a late fee of {amt} per missed appointment.", tracking: "Location tracking is mandatory for the duration of this shipment."},

	{pay: "Broker shall pay Carrier's undisputed freight charges within {written} days of its receipt of Carrier's invoice, the signed bill of lading and this confirmation.", quick: " Carrier may elect expedited payment in {quick} business days, in which event {pct} of the invoice is withheld.",
		detention: "Detention time is compensated at {rate} per hour beginning {hours} after the later of the scheduled appointment and the Driver's arrival", dailyCap: "; in no event shall detention exceed {cap} in any one day", after: ". No detention is due where the Driver arrives late.",
		layover: "Should a layover be authorized by Broker, Carrier shall receive {amt} for each 24-hour period.", tonu: "Where a truck is ordered and not used, Broker's sole obligation is a payment of {amt}.", stopOff: "Each intermediate stop is compensated at {amt}.",
		reimbursed: "Broker shall reimburse unloading (lumper) charges provided that the receipt accompanies the invoice.", carrier: "Unloading and lumper services, where needed, are at Carrier's sole cost.", shipper: "Unloading and lumper services are arranged and paid by the Shipper.",
		late: "Carrier is subject to a service failure deduction of {amt} for late pickup or late delivery.", tracking: "As a condition of payment, Carrier shall provide continuous electronic location tracking of the shipment."},
	{pay: "TERMS: NET {days}.", quick: " QP {pct} / {quick} DAYS.",
		detention: "DET: {FREE} FREE THEN {rate} PER HR", dailyCap: ", {cap} DAILY MAX", after: ". CALL BEFORE DET STARTS.",
		layover: "LAYOVER {amt} PER DAY W/ APPROVAL.", tonu: "TONU {amt}.", stopOff: "XTRA STOPS {amt} EA.",
		reimbursed: "LUMPER: BROKER REIMBURSES W/ RECEIPT.", carrier: "LUMPER: FOR CARRIER'S ACCT.", shipper: "LUMPER: PAID BY SHIPPER.",
		late: "LATE PU OR DEL: {amt} DEDUCTED.", tracking: "GPS TRACKING REQUIRED ON THIS LOAD."},
	{pay: "You will be paid {days} days from the date your invoice and signed POD reach us.", quick: " Need it sooner? Ask for our {quick}-day quick pay; the fee is {pct}.",
		detention: "We cover waiting time at {rate} an hour once your driver has been on site {free} past the appointment", dailyCap: " (up to {cap} a day)", after: ", so please tell us as soon as it looks like a long wait.",
		layover: "If we ask you to lay over, we add {amt} a day.", tonu: "If the load cancels on you after you are dispatched you get {amt} TONU.", stopOff: "Every extra stop adds {amt}.",
		reimbursed: "If a lumper is needed, pay it, send us the receipt and we pay you back.", carrier: "Lumpers are on you for this one.", shipper: "The shipper takes care of any lumper.",
		late: "Please be on time: the customer fines us and we pass on {amt} for a late arrival.", tracking: "Your driver has to be on tracking the whole way, no exceptions."},
	{pay: "Payment: {days} days after complete paperwork.", quick: " Express pay {quick} days at {pct}.",
		detention: "Free time at each facility is {free}; after that, {rate} per hour of detention is payable", dailyCap: " with a ceiling of {cap} per day", after: " when in/out times are on the BOL.",
		layover: "Layover allowance: {amt} for each day held.", tonu: "Dry run / TONU compensation: {amt}.", stopOff: "Stop charge: {amt} for every stop past the first two.",
		reimbursed: "Lumper expense is refunded against receipt.", carrier: "Lumper expense is not refunded; it is the carrier's.", shipper: "Lumper expense is billed to the shipper directly.",
		late: "Service penalty for late arrival: {amt}.", tracking: "Real-time visibility (ELD or mobile tracking) must be active before pickup."},

	{pay: "Carrier will be paid within {days} calendar days of our receipt of a complete invoice package.", quick: " Accelerated pay: {quick} days, less {pct}.",
		detention: "Free loading/unloading time: {free}. Detention after free time: {rate}/hour", dailyCap: ", maximum {cap} per 24 hours", after: ", with signed times and notice before it starts.",
		layover: "Layover: {amt} per night if approved by us.", tonu: "Cancelled after dispatch: {amt}.", stopOff: "Extra stop: {amt}.",
		reimbursed: "Lumper receipts will be reimbursed; send them the same day.", carrier: "Lumper: at carrier's expense.", shipper: "Lumper: at shipper's expense.",
		late: "Missed appointment: {amt} fine.", tracking: "Carrier agrees to electronic tracking of this load."},
	{pay: "Net {days} from a clean invoice with POD.", quick: " Quickpay option {pct} ({quick} days).",
		detention: "Detention {rate}/hr after {free}", dailyCap: ", {cap}/day cap", after: " - must be requested while on site.",
		layover: "Layover {amt}/day.", tonu: "TONU pays {amt}.", stopOff: "Stop pay {amt} each.",
		reimbursed: "Lumper reimbursed with receipt only.", carrier: "Lumper not reimbursed, carrier pays it.", shipper: "No lumper cost to carrier: shipper pays.",
		late: "Late fee {amt} per stop.", tracking: "Tracking is mandatory; no tracking, no detention."},
	{pay: "Our standard payment term is {days} days, counted from the day the invoice and the proof of delivery are in hand.", quick: " Carriers enrolled in quick pay are paid in {quick} days and charged {pct}.",
		detention: "Each facility is given {free} without charge. Waiting beyond that is paid at {rate} per hour", dailyCap: ", at most {cap} for one day", after: ", on written request.",
		layover: "A driver held overnight at our request earns {amt} per day.", tonu: "A truck ordered and then turned away is compensated with {amt}.", stopOff: "Each additional stop is paid at {amt}.",
		reimbursed: "Amounts paid to a lumper are repaid when the receipt is attached.", carrier: "The carrier pays any lumper.", shipper: "Any lumper is the shipper's to pay.",
		late: "A late truck is charged {amt} unless the delay was reported and excused.", tracking: "The driver's location must be shared through our tracking provider from dispatch until unloading."},

	{pay: "Carrier Payment Terms: {days} Days from receipt of invoice.", quick: " QuickPay {pct} fee, paid in {quick} days.",
		detention: "Detention: {rate}/hr starting after {free} on site", dailyCap: ". Detention is not to exceed {cap}/day", after: ". Requests need in/out times on BOL and must be made within 24 hrs.",
		layover: "Layover Rate: {amt} per day.", tonu: "Truck Order Not Used: {amt}.", stopOff: "Stop Off Charges: {amt} per additional stop.",
		reimbursed: "Lumper charges reimbursable with original receipt.", carrier: "Lumper charges are included in the rate and are the carrier's responsibility.", shipper: "Lumper charges are direct billed to shipper.",
		late: "Late Pickup/Delivery Charge: {amt}.", tracking: "Load tracking through our app is REQUIRED from pick up to drop."},
	{pay: "We pay net {days}.", quick: " Quick pay is {pct} for {quick} day(s).",
		detention: "After {free}, detention is {rate} an hour", dailyCap: " up to {cap} daily", after: " and only if we get a call before it starts.",
		layover: "{amt} layover if approved.", tonu: "{amt} TONU.", stopOff: "{amt} per added stop.",
		reimbursed: "Lumpers get paid back to you with receipt.", carrier: "You pay the lumper on this load.", shipper: "Shipper handles lumpers.",
		late: "{amt} off the rate if you're late.", tracking: "Driver must stay on tracking until empty."},
	{pay: "Undisputed invoices are payable {written} days following receipt of all documents listed herein.", quick: " Upon election of early pay, funds are released in {quick} business days less {pct} of the gross.",
		detention: "Carrier is entitled to detention at the rate of {rate} per hour following the expiration of {hours} of free time at each location", dailyCap: ", subject to a daily limit of {cap}", after: ", where supported by gate records.",
		layover: "Approved layover shall be compensated in the amount of {amt} per calendar day.", tonu: "A dispatched truck that is not used through no fault of Carrier shall be paid {amt}.", stopOff: "Stops in transit shall be compensated at {amt} apiece.",
		reimbursed: "Lumper costs are to be advanced by Carrier and refunded by Broker upon presentation of the receipt.", carrier: "Lumper costs are for the sole account of Carrier.", shipper: "Lumper costs are for the sole account of Shipper.",
		late: "A failure to arrive at the scheduled time may result in a deduction of {amt} from Carrier's charges.", tracking: "Carrier consents to, and shall maintain, electronic tracking of the tractor while under load."},
	{pay: "PAYMENT {days} DAYS AFTER RECEIPT OF POD.", quick: " QUICKPAY AVAIL {quick} DAYS AT {pct}.",
		detention: "{FREE} FREE TIME, DETENTION {rate} PER HOUR", dailyCap: " NTE {cap} PER DAY", after: ". MUST NOTIFY DISPATCH WHILE AT FACILITY.",
		layover: "LAYOVER PAYS {amt} PER DAY.", tonu: "TONU = {amt}.", stopOff: "STOPOFFS PAY {amt} EACH.",
		reimbursed: "LUMPER REIMBURSED IF RECEIPT SENT WITHIN 48 HRS.", carrier: "LUMPER IS CARRIER RESPONSIBILITY.", shipper: "LUMPER PAID BY SHIPPER, NOT CARRIER.",
		late: "LATE FEE {amt} EACH OCCURRENCE.", tracking: "TRACKING MANDATORY - LOAD WILL BE PULLED IF DRIVER IS NOT TRACKING."},
	{pay: "Terms are {days} days from invoice date.", quick: " Fast pay: {pct} / {quick} business days.",
		detention: "Free time is {free} per stop, thereafter {rate} per hour", dailyCap: " (daily max {cap})", after: "; approval required in writing.",
		layover: "Layover is {amt}/24 hrs.", tonu: "Truck ordered, not used: {amt} flat.", stopOff: "Each extra pick or drop: {amt}.",
		reimbursed: "Unloading fees repaid against receipt.", carrier: "Unloading fees (lumper) are the carrier's cost.", shipper: "Unloading fees (lumper) are the shipper's cost.",
		late: "On-time service: {amt} is deducted for each late stop.", tracking: "GPS tracking must be on for the whole trip."},
}
