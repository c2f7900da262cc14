package extract

import "strings"

// ctx is whose value a label announces; sub is what the value is.
type (
	ctx string
	sub string
)

const (
	cNone     ctx = ""
	cPickup   ctx = "pickup"
	cDelivery ctx = "delivery"
	cStop     ctx = "stop"
	cBroker   ctx = "broker"
	cCarrier  ctx = "carrier"
	cBillTo   ctx = "billto"
	cCustomer ctx = "customer"
	cDriver   ctx = "driver"
	cCargo    ctx = "cargo"
	cRates    ctx = "rates"
	cTerms    ctx = "terms"
	cNotes    ctx = "notes"
	cLoad     ctx = "load"
	cSign     ctx = "sign"
)

const (
	sBlock     sub = "block" // the label is a heading or announces a whole place or party
	sName      sub = "name"
	sAddress   sub = "address"
	sCitySt    sub = "city-state"
	sCity      sub = "city"
	sState     sub = "state"
	sZIP       sub = "zip"
	sDate      sub = "date"
	sTime      sub = "time"
	sFrom      sub = "from" // earliest
	sTo        sub = "to"   // latest
	sAppt      sub = "appointment"
	sApptType  sub = "appointment-type"
	sRef       sub = "ref"
	sContact   sub = "contact"
	sPhone     sub = "phone"
	sEmail     sub = "email"
	sNotes     sub = "notes"
	sMC        sub = "mc"
	sDOT       sub = "usdot"
	sEquip     sub = "equipment"
	sLength    sub = "length"
	sTemp      sub = "temperature"
	sTempMin   sub = "temperature-min"
	sTempMax   sub = "temperature-max"
	sCommodity sub = "commodity"
	sWeight    sub = "weight"
	sPieces    sub = "pieces"
	sMiles     sub = "miles"
	sTotal     sub = "total"
	sCharge    sub = "charge"
	sLoadNo    sub = "load-number"
	sOtherNo   sub = "other-number" // a number that could stand in for the load number
	sBOL       sub = "bol"
	sPRO       sub = "pro"
	sSeal      sub = "seal"
	sTrailerNo sub = "trailer-number"
	sPayTerms  sub = "payment-terms"
	sQuickPay  sub = "quick-pay"
	sDetention sub = "detention"
	sLayover   sub = "layover"
	sTONU      sub = "tonu"
	sStopOff   sub = "stop-off"
	sLumper    sub = "lumper"
	sLateFee   sub = "late-fee"
	sTracking  sub = "tracking"
	sDetFree   sub = "detention-free"
	sDetCap    sub = "detention-cap"
	sDesc      sub = "description"
	sAmount    sub = "amount"
	sQty       sub = "quantity"
	sRate      sub = "rate"
	sType      sub = "type"
	sStopNo    sub = "stop-number"
	sCurrency  sub = "currency"
	sDocDate   sub = "document-date"
	sReceived  sub = "received-by"
	sRecvDate  sub = "received-date"
	sOSD       sub = "osd"
	sSigned    sub = "signature"
	sCustRate  sub = "customer-rate"
	sIgnore    sub = "ignore" // known, and no leaf of ours
)

// label is one entry of the lexicon. Kind is a reference's or charge's kind.
// Weak entries are everyday words: they count as labels only with a colon, a
// cell of their own or a heading's look.
type label struct {
	ctx  ctx
	sub  sub
	kind string
	weak bool
}

// lexicon maps a phrase's letters, run together, to its meaning; "#" stands
// for number, no., num, nbr and id. longest is its longest phrase in tokens.
var (
	lexicon = map[string]label{}
	vocab   = map[string]bool{}
	longest = 7
)

// phraseKey is a phrase as the lexicon spells it.
func phraseKey(s string) (key string) {
	for _, t := range tokens(s) {
		key += t.norm
	}
	return key
}

// say adds phrases separated by "|" under one meaning. The first meaning given
// to a phrase stays.
func say(l label, phrases string) {
	for _, p := range strings.Split(phrases, "|") {
		key := ""
		for _, t := range tokens(p) {
			if len(t.norm) > 3 {
				vocab[t.norm] = true
			}
			key += t.norm
		}
		if _, dup := lexicon[key]; !dup && key != "" {
			lexicon[key] = l
		}
	}
}

// compose adds every word of owners before every word of parts.
func compose(c ctx, owners string, s sub, kind, parts string) {
	for _, o := range strings.Split(owners, "|") {
		for _, p := range strings.Split(parts, "|") {
			say(label{ctx: c, sub: s, kind: kind}, strings.TrimSpace(o)+" "+strings.TrimSpace(p))
		}
	}
}

const (
	pickupWords   = "pickup|orig|pick up|pu|shipper|shippers|origin|ship from|load at|loading|pickup location|pick up location|origin location|shipper location|pickup stop|pick|shipping|ship|collection|consignor|load from|loading point|picks up|picks up at|picking up"
	deliveryWords = "delivery|deliver|deliver to|drop|drop off|dropoff|del|consignee|consignees|receiver|destination|dest|ship to|unload|unload at|unloading|delivery location|drop location|final destination|dropoff location|delivers|delivers to|delivering|unloading point|final delivery|receiving"
	stopWords     = "stop|location|facility|warehouse|site|dock"
	carrierWords  = "carrier|motor carrier|trucking company|hauler|carriers"
	brokerWords   = "broker|brokerage|freight broker|logistics provider|booked by|issued by|dispatcher|dispatch|agent|broker agent|carrier rep|rep|representative|account rep|account manager|load planner|carrier sales rep|carrier sales|from"
)

func init() {
	sayLoad()
	sayStops()
	sayParties()
	sayCargo()
	sayMoney()
	sayTerms()
	sayPapers()
	sayHeadings()
}

func sayLoad() {
	say(label{sub: sLoadNo}, "load #|load|tour confirmation|tour confirmation #|tour #|mt reference #|primary reference|primary reference #|primary ref|primary ref #|load po|load po #|load order|load trip|load trip #|trip load #|confirmation|load confirmation #|load reference|load ref|load ref #|load shipment #|our load #|load tender #|trip confirmation|trip confirmation #|load reference #|broker load #|freight bill load #|brokers load #|load confirmation|load tender|load/shipment #|tender #|rate confirmation #|rate con #|ratecon #|confirmation #|conf #|rc #|rate confirmation for load|rate confirmation for load #|carrier confirmation #|carrier load #|load order #|tms #|dispatch #|dispatch order #|trip #|booking #|booking|load booking #|pro load #|for load|for load #|re load|re load #|subject load|tl #|ld #")
	say(label{sub: sLoadNo}, "order #|order|shipment #|shipment|sales load #|our order #|broker order #|freight order #|freight order|our #")
	say(label{sub: sOtherNo, kind: "PRO"}, "our pro #|our pro|broker pro #|broker pro")
	say(label{sub: sOtherNo, kind: "REF"}, "manifest #|movement #|agreement #|work order #|consignment #|freight #|haul #|run #|route #|system #|bid #|offer #|contract #|contract|control #|move #|quote #|waybill #|our reference|our ref|our ref #|our reference #|broker reference|broker ref|broker ref #|broker reference #|job #|file #|house #|reference|ref|reference #|ref #")
	say(label{sub: sOtherNo, kind: "INV"}, "invoice #|invoice|freight bill #|freight invoice #")
	say(label{sub: sDocDate}, "date|issued|issue date|date issued|date printed|printed|printed on|print date|booked on|booked|booked date|date booked|rate con date|rate confirmation date|confirmation date|created|created on|date created|order date|tender date|tendered|sent|sent on|invoice date|due date|bol date|date prepared|ship date on file|document date|date of issue|today|as of|date time printed|load date")
	say(label{ctx: cLoad, sub: sIgnore}, "page|travel order #|carrier #|carrier code|rev|revision|version|status|customer po|valid until|expires|expiration|load status|mode|service|service type|service level|load type|shipment type|hazmat|haz mat|hazardous|hazmat class|un #|class|freight class|nmfc|nmfc #|dims|dimensions|value|cargo value|declared value|shipment value|load value|insurance|cargo insurance|fax|fax #|website|web|scac|scac code|truck #|truck|tractor|tractor #|unit #|driver|driver #|driver name|drivers name|driver cell|driver phone|driver mobile|cell #|cell|licence|license #|co driver|plate|license plate|team|teams|seal required|trailer type required|ppe|dress code|dimension|broker signature name|cube|volume|density|item #|sku|lot #|temp mode|reefer mode|mode continuous|load bars|straps|chains|tarps required|tarps|stops|# of stops|total stops|stops total|stop count|s #|s.no|account #|acct #|tax #|ein|federal #|terminal|account|project|lane|account code|gl code|after hours|after hours phone|after hour contact|emergency|emergency contact|after hours contact|night phone|24 hour dispatch|24 7 dispatch|24 7")
}

func sayStops() {
	say(label{ctx: cPickup, sub: sBlock}, strings.ReplaceAll(pickupWords, "|ship|", "|"))
	say(label{ctx: cDelivery, sub: sBlock}, deliveryWords)
	say(label{ctx: cStop, sub: sName}, "shipper consignee|pickup delivery|origin destination|shipper receiver|pickup delivery location|shipper consignee name|consignee shipper|shipper consignee receiver|stop name address|location details|location name and address")
	say(label{ctx: cStop, sub: sRef, kind: "mixed"}, "references notes|reference notes|ref notes|refs notes|references / notes|ref # notes|notes references|references comments|ref comments|notes ref|ref # comments")
	for _, side := range []struct {
		c     ctx
		words string
		ref   string
		own   string
	}{
		{cPickup, pickupWords, "PU", "pickup #|pick up #|pu #|pickup reference|pickup reference #|pick up ref #|pick up ref|pickup ref|pickup ref #|pu ref|pu ref #|shipper ref|shipper ref #|shipper reference|shipper reference #|shippers #|shipper #|pickup confirmation #|pickup appt #|pickup appointment #|pick #|loading #|ship #|pickup po|pick ticket #|release #|release"},
		{cDelivery, deliveryWords, "DEL", "delivery #|del #|drop #|delivery reference|delivery reference #|delivery ref|delivery ref #|del ref|del ref #|consignee ref|consignee ref #|consignee #|receiver #|receiver ref #|receiver ref|delivery confirmation #|delivery conf #|del confirmation #|del conf #|delivery appt #|delivery appointment #|dropoff #|unload #"},
		{cStop, stopWords, "REF", "stop ref|stop ref #|stop reference|stop reference #|appointment #|appt #|appt ref|appt ref #|confirmation # at dock|dock ref"},
	} {
		say(label{ctx: side.c, sub: sRef, kind: side.ref}, side.own)
		compose(side.c, side.words, sDate, "", "date|day|date s|on|sched date|sched|date and time|date time|date & time|scheduled date|requested date|appointment date|appt date|req date|schedule|scheduled|requested|by date|must deliver by date")
		compose(side.c, side.words, sTime, "", "time|times|hours|window|time window|appointment time|appt time|appointment window|appt window|hrs|dock hours|operating hours|hours of operation|receiving hours|shipping hours|arrival time|scheduled time|between")
		compose(side.c, side.words, sAppt, "", "appt|appointment|apt|appointment date time|appt date time|eta|arrival|target|plan")
		compose(side.c, side.words, sFrom, "", "earliest|from|start|open|after|not before|window start|begin|early|opens|no earlier than|from time|start time|start date|date from|earliest date|earliest time|ready|ready date|ready time|window open|date start")
		compose(side.c, side.words, sTo, "", "latest|to|end|close|before|by|no later than|window end|late|must be by|closes|until|end date|end time|to time|date to|latest date|latest time|deadline|window close|date end")
		compose(side.c, side.words, sApptType, "", "appt type|appointment type|appt status|scheduling|schedule type|type of appointment|appt required|appointment required")
		if side.c != cStop {
			compose(side.c, side.words, sApptType, "", "type")
		}
		compose(side.c, side.words, sName, "", "name|company|company name|facility|facility name|location name|business name|site|site name|customer|at")
		compose(side.c, side.words, sAddress, "", "address|street|street address|address 1|location address|addr|physical address")
		compose(side.c, side.words, sCitySt, "", "city state zip|city state|city st zip|city st|csz|city and state|town|city state postal|city state & zip")
		compose(side.c, side.words, sCity, "", "city")
		compose(side.c, side.words, sState, "", "state|st|province")
		compose(side.c, side.words, sZIP, "", "zip|zip code|zipcode|postal code|postal")
		compose(side.c, side.words, sContact, "", "contact|contact name|contact person|attn|dock contact")
		compose(side.c, side.words, sPhone, "", "phone|phone #|telephone|tel|contact phone|phone number|contact #|ph")
		compose(side.c, side.words, sEmail, "", "email|e mail")
		compose(side.c, side.words, sNotes, "", "notes|note|instructions|comments|remarks|special instructions|directions|information notes|comment")
		compose(side.c, side.words, sRef, "PO", "po|po #|pos|po s|purchase order|purchase order #|po numbers")
		compose(side.c, side.words, sRef, "BOL", "bol|bol #")
		compose(side.c, side.words, sRef, side.ref, "references|refs|ref s|numbers|ref numbers|reference numbers|reference s")
	}
	say(label{ctx: cPickup, sub: sDate}, "ready date|ready on|available|available date")
	say(label{ctx: cPickup, sub: sNotes}, "shipper instructions")
	say(label{ctx: cDelivery, sub: sNotes}, "receiver instructions|consignee instructions")
	say(label{ctx: cStop, sub: sRef, kind: "PO"}, "po|po #|p.o.|p o|p o #|pos|purchase order|purchase order #|customer po #|cust po|po container #|po s|po numbers")
	say(label{ctx: cStop, sub: sRef, kind: "SO"}, "so|so #|s o #|sales order|sales order #|sales ord|sales ord #")
	say(label{ctx: cStop, sub: sRef, kind: "REF"}, "references|reference #s|reference numbers|refs|ref #s|ref s|reference s|customer ref|customer ref #|customer reference|customer reference #|their numbers|their #s|stop numbers|ref nos|ref numbers|reference nos|cust ref|cust ref #|stop references|container #|numbers|cpu|cpu #|ship ref|ship ref #|pu del #|pu delv #|pu dlv #|pickup delivery #|pickup/delivery #|other ref|other reference|sid #|cid #|dc #")
	say(label{ctx: cStop, sub: sDate}, "scheduled|schedule|sched|sched date|sched time|sched appt|date time|date & time|date and time|when|date s|day|scheduled for|shipping date & time|requested date|service date|arrive|arrive on|date window|dates|appt date|appointment date|scheduled date|arrive date|appointment date time|appt date time|date appt|date / appt|appt date & time|appointment date & time|schedule date")
	say(label{ctx: cStop, sub: sTime}, "time|times|hours|window|time window|appt time|appointment time|hrs|appt window|appointment window|dock hours|operating hours|hours of operation|receiving hours|shipping hours|arrival window|time in window|facility hours")
	say(label{ctx: cStop, sub: sAppt}, "appt|appointment|eta|arrival|target arrival|sched arrival|scheduled arrival")
	say(label{ctx: cStop, sub: sFrom}, "earliest|not before|window start|earliest arrival|earliest time|earliest date|arrive after|from date|open|opens|start time|start|early|ready time|ready|arrive from|no earlier than|sched early|early appt|early arrival|from time|begin time|time from")
	say(label{ctx: cStop, sub: sTo}, "latest|no later than|window end|latest arrival|latest time|latest date|arrive by|to date|close|closes|end time|end|late|until|arrive before|arrive no later than|not after|must arrive by|sched late|late appt|late arrival time|time to|finish time")
	say(label{ctx: cStop, sub: sApptType}, "appt type|appointment type|scheduling|schedule type|appt status|appointment status|appt required|appointment required|type of appt|scheduling type")
	say(label{ctx: cStop, sub: sName}, "name|company|company name|facility|facility name|location name|business|business name|customer name|site|warehouse|location name address|name address|name and address|facility address|facility location|location address|facility & address|facility and address|name & address|location / address|stop location|company address|company & address|company and address|who|where|place|stop name|consigner")
	say(label{ctx: cStop, sub: sBlock}, "location")
	say(label{ctx: cNone, sub: sAddress}, "address|street|street address|address 1|address line 1|addr|physical address")
	say(label{ctx: cNone, sub: sAddress, kind: "2"}, "address 2|address line 2|suite")
	say(label{ctx: cNone, sub: sCitySt}, "city state zip|city state|city st zip|city st|csz|city and state|city state zip code|town|city state postal|city state & zip")
	say(label{sub: sCity}, "city")
	say(label{sub: sState}, "state|st|province|state province")
	say(label{sub: sZIP}, "zip|zip code|zipcode|postal code|postal|zip postal")
	say(label{sub: sContact}, "contact|contact name|contact person|attn|attention|contact s|person|ask for|at the dock|on site contact|poc|point of contact")
	say(label{sub: sPhone}, "phone|phone #|phone contact|phone/contact|contact/phone|telephone|telephone #|tel|tel #|ph|ph #|office|office phone|direct|direct line|mobile|contact phone|contact #|phone number|main|call")
	say(label{sub: sEmail}, "email|e mail|email address|e mail address|contact email")
	say(label{sub: sNotes}, "notes|note|instructions|comments|remarks|special instructions|comment|stop notes|directions|driver notes|additional notes|additional information|stop instructions|remark")
	say(label{sub: sStopNo}, "stop #|stop|#|seq|sequence|seq #|stp|stop no|stop number")
	say(label{sub: sType}, "type|stop type|activity|action|event|p d|pu del|act|stop activity|task")
}

func sayParties() {
	say(label{ctx: cBroker, sub: sContact}, "broker contact|need help|our dispatcher|our rep|our agent|load manager|manager|dispatcher|dispatch|booked by|order taken by|taken by|order entered by|arranged by|for broker|for the broker|account rep|account manager|load planner|carrier rep|carrier sales rep|carrier sales|your rep|your contact|rep|representative|agent|broker rep|broker agent|our contact|contact us|questions||questions contact|dispatched by|rate con by|operator|written by|entered by|confirmed by broker|prepared by|issued by|tendered by|sent by|coordinator|load coordinator|freight agent|carrier representative|logistics coordinator|your dispatcher|covered by|carrier manager")
	for _, p := range []struct {
		c     ctx
		words string
	}{{cCarrier, carrierWords}, {cBroker, brokerWords}, {cBillTo, "bill to|billing|remit to|remit|invoice|invoices|invoice to|accounts payable|ap|payables"}, {cCustomer, "customer|client|third party"}, {cDriver, "driver|drivers"}} {
		compose(p.c, p.words, sName, "", "name|company|company name|legal name")
		compose(p.c, p.words, sMC, "", "mc|mc #|docket #|docket|mc docket")
		compose(p.c, p.words, sDOT, "", "dot|dot #|us dot|us dot #|usdot|usdot #")
		compose(p.c, p.words, sContact, "", "contact|contact name|contact person|attn|dispatcher|representative|rep|agent")
		compose(p.c, p.words, sPhone, "", "phone|phone #|telephone|tel|ph|phone number|cell|mobile")
		compose(p.c, p.words, sEmail, "", "email|e mail|email address|e mail to|emails|email to|questions")
		compose(p.c, p.words, sAddress, "", "address|street address")
	}
	say(label{sub: sMC}, "mc|mc #|authority|authority #|operating authority|mc docket|docket #|mc lic #|docket|m c|m c #|icc mc #|mc id")
	say(label{sub: sMC, kind: "both"}, "mc dot|mc # dot #|mc dot #|mc usdot|mc # usdot|dot mc|usdot mc|dot # mc #|mc us dot|mc # us dot #|us dot mc")
	say(label{ctx: cCarrier, sub: sMC, kind: "both"}, "carrier mc dot|carrier mc # dot #|carrier mc usdot|carrier usdot mc|carrier dot mc")
	say(label{sub: sDOT}, "dot|dot #|us dot|us dot #|usdot|usdot #|u s dot|u s dot #|d o t #|u s d o t #")
	say(label{ctx: cCarrier, sub: sName}, "general contact at")
	say(label{ctx: cCarrier, sub: sPhone}, "dispatch ph|dispatch phone")
	say(label{ctx: cBroker, sub: sEmail}, "manager email|rep email|dispatcher email|our email")
	say(label{ctx: cCarrier, sub: sContact}, "carrier contact|attn carrier|carrier dispatcher|confirmed with|carrier attn|spoke with|dispatch contact")
	say(label{ctx: cBillTo, sub: sEmail}, "email invoices to|email invoice to|send invoices to|send invoice to|invoices to|invoice to|billing email|invoice email|billing|invoices|submit invoices to|submit invoice to|e mail invoices to|remit invoices to|email paperwork to|send paperwork to|submit paperwork to|bill to email|billing e mail|email pod to|pod to|send pod to|send pods to|invoice & pod to|invoicing|accounting email|ap email|invoice by email to|paperwork to|send invoice & pod to|send invoice and pod to|billing to|send bills to|email bills to|please invoice")
}

func sayCargo() {
	say(label{sub: sEquip}, "size & type|size and type|type of truck|eq type|load eq type|eq type|load equipment type|trl type|size/type|size type|trailer type size|requested equipment|trailer needed|trailer rqd|mode equipment|equipment mode|mode and equipment|equipment|equip|equipment type|trailer type|trailer|truck type|equipment required|equip type|equipment requested|required equipment|trailer required|equipment needed|trailer equipment|eqpt|eq|equipment trailer|vehicle|vehicle type|equipment/trailer|trailer kind|unit type|equip required|req equipment|type of equipment|truck required|equipment & length|equipment size|equipment description")
	say(label{sub: sLength}, "trailer length|length|size|size in feet|length ft|trailer size|equipment length|trailer length ft|equip length|length feet|size ft|min length|trailer feet")
	say(label{sub: sTemp}, "temp|temperature|reefer temp|temp setting|set point|setpoint|temperature setting|temp range|temperature range|temp required|temperature required|temperature requirements|temperature requirement|reefer set point|reefer setting|reefer temperature|temp f|temperature f|required temp|set temp|run at|temp control|temperature control|product temp|maintain|set reefer to|run temp|run temperature|keep at|reefer temperature setting|reefer setpoint|required temperature|temp set|refrigeration")
	say(label{sub: sTempMin}, "min temp|temp min|minimum temperature|low temp|temp low|temperature min|min temperature|minimum temp")
	say(label{sub: sTempMax}, "max temp|temp max|maximum temperature|high temp|temp high|temperature max|max temperature|maximum temp")
	say(label{sub: sCommodity}, "shipment description|list of items|cmdty|commodity to pick up|commodity to deliver|driver must ask for and receive|ask for and receive|product name|freight desc|cargo description|load commodity|commodity desc|product desc|lading|commodity|commodities|commod|comm|product|products|freight|cargo|commodity description|freight description|goods|description of goods|contents|material|load description|product description|commodity s|what|commodity/description|commodity type|description of freight|description of articles|articles|item|items|hauling|freight details goods|goods description|kind of goods|description of commodity|nature of goods|commodity name|load contents|freight type")
	say(label{sub: sWeight}, "gross wt|weight|total weight|wt|gross weight|lbs|pounds|est weight|estimated weight|weight lbs|weight lb|gross wt|total lbs|weight pounds|load weight|shipment weight|approx weight|wgt|gross|ttl weight|weight kg|max weight|weight total|net weight|cargo weight|freight weight|wt lbs|wt lb|total wt|weight est|scale weight")
	say(label{sub: sPieces}, "h u qty|hu qty|handling unit qty|handling units qty|pallet count|skid count|est units|est pieces|est pcs|unit count|pieces|pcs|piece count|pallets|pallet count|skids|total pieces|units|handling units|cartons|cases|# pieces|# of pieces|number of pieces|plts|pieces pallets|pallet positions|count|total pallets|qty pallets|pallet|piece|pc|pallets pieces|number of pallets|# pallets|# of pallets|packages|pkgs|no of packages|total units|plt|hu|h u|total pcs|unit count|pieces count|pieces total|total packages|spots|pallet spaces|quantity pieces|# of units|# units")
	say(label{sub: sMiles}, "miles|total miles|distance|mileage|loaded miles|est miles|estimated miles|practical miles|trip miles|billable miles|distance mi|distance miles|mi|ttl miles|load miles|mile|total distance|loaded mi|route miles|pc miler miles|paid miles")
}

func sayMoney() {
	say(label{sub: sTotal}, "total|net to truck|rate to truck|pay to truck|balance payable|you get paid|you will be paid|total rate|total pay|total carrier pay|total carrier rate|total due|total rate due|total amount|grand total|total charges|total cost|total usd|all in|all in rate|all in total|total payable|total to carrier|carrier total|total all in|total carrier charges|total freight charges|total agreed rate|agreed amount|agreed rate|agreed upon rate|total compensation|total payment|amount due|rate total|total flat rate|total linehaul and accessorials|carrier pay total|net pay|total amount due|amount payable|we pay|total carrier cost|load total|pay total|total rate usd|total agreed amount|total carrier payment|total settlement|payable to carrier|net amount|net total|total net|total freight pay|carrier settlement|total price|agreed total|total for load|load pays|pays|sum|total for this load|total sum|carrier gets|invoice total|total invoice|balance due|amount due carrier|total due carrier|due carrier|due to carrier|total due to carrier|amount due to carrier|carrier due|carrier rate total|carrier total pay|freight total|total to be paid|total amount to carrier|total to pay|amount paid|total paid|amount charged|total charged|paid amount|agreed price|agreed pay|agreed freight|contract amount|contract rate|total contract|total freight|total freight rate|total load pay|total load rate|total offer|truck pay total|all in pay|to the truck|$ to truck|$$ to the truck|$ to the truck|rate to the truck|all in to the truck|to truck|payout|total payout|estimated payout|guaranteed payout|carrier payout|total carrier compensation|total trip pay|trip total|total due to you")
	say(label{sub: sTotal, weak: true}, "rate|carrier rate|carrier pay|pay|amount to carrier|carrier charges|freight rate|truck pay|load rate|rate to carrier|load pay|pay to carrier|carrier amount|carrier cost|compensation|carrier compensation|rate to truck|price|offer|offered rate|your rate|our rate to you|your pay")
	kinds := map[string]string{
		"linehaul":      "line haul charges|linehaul charges|carrier freight pay|freight pay|line haul|linehaul|line haul rate|linehaul rate|base rate|base carrier rate|base|base freight|freight charge|freight charges|flat rate|line haul charge|linehaul charge|base pay|lh|line haul flat|linehaul flat|haul|base linehaul|base line haul|carrier linehaul|line haul pay|flat|freight flat|truckload freight|carrier line haul|linehaul pay|line haul flat rate|linehaul flat rate|transportation|transportation charge|base haul|truckload rate|flat freight|carrier freight|base freight charge|base freight rate|haul rate|tl freight|freight line haul|freight linehaul|rate per mile|mileage rate|per mile|net freight|net freight charges|truckload|base truck rate|main haul|hauling rate|freight - flat|ftl rate",
		"fuel":          "fuel|fuel surcharge|fsc|fuel charge|fuel sc|f s c|fuel surchg|fuel sur|fuel adder|fuel supplement|fuel surcharge fsc",
		"stop_off":      "stop off|stopoff|extra stop|stop charge|additional stop|stop off charge|extra stops|stop offs|stop pay|extra stop pay|additional stops|stop off fee|stop fee|extra pick|extra drop|additional stop charge|multi stop|stop off pay|extra stop charge",
		"detention":     "detention pay|detention charge|detention charges|detention approved|detention at shipper|detention at receiver|detention at pickup|detention at delivery",
		"layover":       "layover pay|layover charge|layover approved",
		"tarp":          "tarp|tarping|tarp fee|tarp pay|tarp charge|tarps fee|tarping fee|tarping charge",
		"lumper":        "lumper fee|lumper reimbursement|lumper charge|unloading fee|unloading charge|lumper advance",
		"tonu":          "tonu fee|truck ordered not used|truck order not used",
		"hazmat":        "hazmat fee|hazmat surcharge|hazmat charge|hazardous fee|hazmat pay|hazardous materials surcharge|hazardous material fee",
		"team":          "team pay|team surcharge|team fee|team driver|team service|team premium|team charge|team rate",
		"driver_assist": "driver assist|driver assistance|driver unload|driver load|driver assist fee|hand unload|driver assist pay",
		"toll":          "toll|tolls|toll charges|bridge toll|bridge tolls|toll reimbursement|toll fee|tolls reimbursement|toll charge",
		"escort":        "escort|escort fee|permits and escort|pilot car|escorts|pilot car fee|escort pay|permits",
		"reefer_fuel":   "reefer fuel|reefer fuel surcharge|reefer fuel charge|reefer fsc|refrigeration fuel",
		"other":         "accessorial|accessorials|carrier charge|other|other charges|misc|miscellaneous|accessorial charges|border crossing|border crossing fee|scale fee|wash out|washout|bonus|weekend fee|adjustment|discount|advance fee|customs fee|pallet exchange|storage|drop trailer|drop trailer fee|expedite fee|other accessorials|chassis|per diem|redelivery|reconsignment|over dimensional|oversize permit|scale ticket|pre pull|expedite|expedited service|after hours delivery|blind shipment fee|security fee|inside delivery|liftgate|residential|on time bonus|wait time",
	}
	for k, v := range kinds {
		say(label{ctx: cRates, sub: sCharge, kind: k}, v)
	}
	say(label{sub: sCustRate}, "customer rate|shipper rate|customer pay|customer pays|customer total|bill rate|customer charges|billed to customer|bill to amount|customer amount|invoice to customer|margin|gross revenue|customer revenue|revenue|customer linehaul|shipper pays|customer billing|bill customer|customer price|customer line haul|customer invoice amount|sell rate|customer all in|rate to customer|customer billed|sell")
	say(label{sub: sIgnore, kind: "old"}, "previous rate|old rate|original rate|quoted rate|original quote|previous quote|voided rate|prior rate|was|quote|quoted|previous total|superseded rate|initial rate|target rate|max rate|previous|superseded|subtotal|sub total|cargo insurance required|insurance required|comcheck fee|quick pay amount|cash advance|advance|advances|max advance|late penalty per day|deposit|prior quote|initial offer|first offer|previous offer|original offer|target|market rate")
	say(label{ctx: cRates, sub: sDesc}, "description|charge|charge type|charge description|charges|rate type|pay item|pay items|charge code|item description|accessorial type|service description|fee|line item|line items|pay type|details of charges|detail|rate description|pay description|charge item|pay code|pay code description|service charge type|service item|cost type|revenue type|charge name")
	say(label{ctx: cRates, sub: sAmount}, "amount|line total|extended|ext|ext amount|total charge|charge amount|extended amount|subtotal amount|amt|usd|total $|amount usd|$|extension|amount $|line amount|dollars|net|amount cad|charges $|pay amount|item total")
	say(label{ctx: cRates, sub: sQty}, "qty|quantity|hours billed|qty units|unit qty|units billed|no of units")
	say(label{ctx: cRates, sub: sRate}, "unit rate|unit price|cost per unit|rate per unit|price per unit|cost/unit|cost unit|per unit|rate per|rate each|rate/unit|price each|unit cost|each|@|rate ea|rate per unit|per|rate usd")
	say(label{sub: sCurrency}, "currency|curr|cur|currency code")
}

func sayTerms() {
	say(label{ctx: cTerms, sub: sPayTerms}, "payment terms|terms|pay terms|payment term|standard pay|payment|standard terms|standard payment terms|net terms|payment days|terms of payment|standard payment|billing terms|credit terms|invoice terms")
	say(label{ctx: cTerms, sub: sQuickPay}, "quick pay|quickpay|quick pay option|quick pay terms|qp|quick pay available|quick pay fee|fast pay|quick pay discount|quick pay rate|early pay|quickpay option|express pay")
	say(label{ctx: cTerms, sub: sDetention}, "detention|detention rate|detention pay rate|detention terms|detention policy|waiting time|detention per hour|detention hourly")
	say(label{ctx: cTerms, sub: sDetFree}, "free time|detention free time|free hours|free time before detention|detention starts after|detention after|free|free time at each stop|free waiting time|detention begins after")
	say(label{ctx: cTerms, sub: sDetCap}, "detention max|detention cap|max detention|detention maximum|detention daily max|detention daily cap|detention limit|detention daily maximum|detention max per day|maximum detention|detention max/day|daily max detention|daily cap")
	say(label{ctx: cTerms, sub: sLayover}, "layover|layover rate|layover per day|layover terms|layovers|layover fee|layover day")
	say(label{ctx: cTerms, sub: sTONU}, "tonu|truck not used|tnu|truck ordered|truck ordered not used tonu|truck order not used tonu|tonu rate|t o n u|dry run")
	say(label{ctx: cTerms, sub: sLumper}, "lumper|lumpers|lumper policy|lumper fees|lumper terms|lumper s|lumper charges|unloading fees|lumper payment")
	say(label{ctx: cTerms, sub: sLateFee}, "late fee|late delivery fee|late penalty|late charge|late delivery penalty|late arrival fee|late delivery|missed appointment fee|late appointment fee|late fine|late delivery charge|missed appointment|late arrival|late fees")
	say(label{ctx: cTerms, sub: sTracking}, "tracking|tracking required|tracking requirement|tracking method|macropoint|electronic tracking|location tracking|load tracking|gps tracking|tracking app|eld tracking|macropoint tracking")
}

func sayPapers() {
	say(label{sub: sBOL}, "bol #|bol|bill of lading|b l #|b l|bill of lading #|bill of lading no|bl #|lading #|b/l #|bills of lading")
	say(label{sub: sPRO}, "pro #|pro|pro bill #|carrier pro|carrier pro #|progressive #|freight bill pro #|pro freight bill #")
	say(label{sub: sSeal}, "seal #|seal|seals|seal #s|seal numbers|seal s|seal intact #|load seal|seal no s")
	say(label{sub: sTrailerNo}, "trailer #|trailer no|trailer id|trl #|trailer unit #|trailer number|trl|container trailer #")
	say(label{sub: sReceived}, "received by|receiver name|receivers name|consignee printed name|printed name of receiver|receiver print name|received in good order by|signed by|receiver signature|consignee signature|receivers signature|delivered to|recipient|receiver printed name|consignee name print|print name|printed name|name print|name printed|received by print|receiver print|signed for by|accepted at dock by|consignee print")
	say(label{sub: sRecvDate}, "received on|date received|received date|received at|delivered on|delivered at|date delivered|delivery date and time received|received|time received|date signed|signed on|signed date|delivered|receipt date|received date time|received date & time|date time received|date & time received|delivered date|delivered date time|date of delivery|date time delivered|time out|departure time")
	say(label{sub: sOSD}, "exceptions|os d|osd|os&d|shortage overage damage|damage notes|exceptions noted|over short damaged|over short damage|overage shortage damage|shortages damages|remarks exceptions|exceptions remarks|os d notes|damages|discrepancies|delivery exceptions|condition|condition of freight|overage shortage & damage|receivers remarks|receiver remarks|exception|shortage damage|os d remarks|delivery remarks|delivery notes receiver")
	say(label{sub: sPieces, kind: "delivered"}, "h u received|hu received|handling units received|skids received|plts received|pieces received|pieces delivered|qty received|quantity received|units received|cartons received|pallets received|received pieces|delivered pieces|pcs received|count received|cases received|total received|received qty|qty delivered|pallets delivered|pieces rec'd|pcs delivered|received count|quantity delivered|pieces counted|delivered qty")
	say(label{sub: sWeight, kind: "delivered"}, "weight received|delivered weight|received weight|weight delivered|delivered wt")
	say(label{ctx: cSign, sub: sSigned}, "signature|authorized signature|carrier signature|driver signature|drivers signature|accepted by|shipper signature|sign|signed|agreed and accepted|accepted|accepted and agreed|agreed by|authorized by|confirmed by|broker signature|carrier acceptance|title|printed|sign here|by|carrier authorized signature|signature of carrier|accepted for carrier|carrier accepts|name & title|name title|approved by|signed for carrier|acknowledged by")
}

func sayHeadings() {
	say(label{ctx: cPickup, sub: sBlock}, "also picks up at|also loads at|then picks up at|pickup from|pickup at|pick up at|pick up from|shipper name and address|load at|loads at|loading at|picks up in")
	say(label{ctx: cDelivery, sub: sBlock}, "also delivers to|also delivers at|also drops at|then delivers to|delivery at|delivering to|delivered at|deliver at|consignee name and address|delivers in|unloads at|final")
	compose(cPickup, pickupWords, sBlock, "", "place|point|site|facility|dock|yard|terminal|plant|warehouse")
	compose(cDelivery, deliveryWords, sBlock, "", "place|point|site|facility|dock|yard|terminal|plant|warehouse")
	say(label{ctx: cPickup, sub: sBlock}, "collect from|collect at|loading facility|load location|loading site|source|first pick|extra pick up|pickups|pick ups|pickup s|pick up s|origins|pickup stops|from shipper|place of pickup|point of origin|p u|shipper/origin|loading location|initial pick up|initial pickup|shipping from|shipping from address|p u point|p/u point")
	say(label{ctx: cDelivery, sub: sBlock}, "drop empty trailer|drop empty trailer at|return empty trailer|unloading facility|unload location|unloading site|final stop|last stop|drop at|deliveries|drops|drop s|drop offs|dropoffs|destinations|receivers|delivery stops|delivery s|place of delivery|point of delivery|unloading location|shipping to|shipping to address|d r point|d/r point")
	say(label{ctx: cCarrier, sub: sBlock}, carrierWords+"|carrier information|carrier info|carrier details|tendered to|to carrier|booked with|hauled by|for carrier|issued to|awarded to|hauling carrier|contract carrier|transporter|truckline|truck line|vendor|subhauler|trucker|provider|dispatch to|dispatched to|for the attention of|hired carrier|transportation provider|transport provider|motor carrier of record|service provider|contracted carrier|selected carrier|performing carrier|carrier of record|booked carrier|haul by|to carrier|hauling by|trucked by|carried by|moved by|transported by|hired truck|trucking co|to|assigned carrier|motor carrier information")
	say(label{ctx: cBroker, sub: sBlock}, "broker|freight broker|brokerage|logistics provider|transportation broker|intermediary|property broker|broker information|broker info|broker details|logistics company|brokered by|freight broker information|tendering party|tendered from|company information|contracting party")
	say(label{ctx: cBillTo, sub: sBlock}, "bill to|remit to|remit payment to|invoice to|send invoice to|billing information|billing address|mail invoices to|third party freight charges bill to|billing instructions|invoicing instructions|invoicing information|billing info|how to get paid|mailing address|mail to|payable by|invoice address|bill to and contact information|bill to contact information|billing contact information")
	say(label{ctx: cCustomer, sub: sBlock}, "customer|client|for account of|on behalf of|for customer|end customer|customer name|account of")
	say(label{ctx: cDriver, sub: sBlock}, "driver details|driver information|driver info|truck information|equipment assignment|driver & truck|unit assignment|driver and equipment|driver and truck|assigned driver|assigned unit|driver/truck")
	say(label{ctx: cCargo, sub: sBlock}, "shipment details|shipment information|load information|load details|freight information|freight details|commodity information|cargo details|cargo information|load info|shipment info|handling unit information|freight & equipment|equipment information|load summary|shipment summary|order details|order information|cargo & equipment|equipment & commodity|equipment and commodity|load requirements|load specs|specifications|requirements|freight & equipment|equipment requirements|freight summary|cargo summary|equipment details|freight and equipment|load particulars|cargo and equipment|the freight|summary|load at a glance|at a glance|overview|trip summary|trip details|load detail|miscellaneous load information|miscellaneous information")
	say(label{ctx: cRates, sub: sBlock}, "charges|rate breakdown|rate details|rate detail|rate information|rates|carrier charges|rate and payment terms|rate & payment terms|carrier pay breakdown|pay summary|compensation details|rate confirmation details|rate summary|financials|carrier rate breakdown|charge summary|settlement|payment details|pricing|charge details|rates and charges|rates & charges|freight charges|pay details|rate & charges|freight charges and payment|carrier rate details|pay breakdown|carrier payment|payment breakdown|money|the money|carrier compensation|rate info|pay information|payment information|payment summary|rate and charges|rate agreement|agreed charges|agreed rates|agreed compensation")
	say(label{ctx: cTerms, sub: sBlock}, "term|terms and conditions|terms & conditions|accessorial schedule|general terms|conditions|accessorial terms|carrier terms|carrier requirements|agreement|accessorial policy|rules|additional terms|load terms|carrier agreement|important information|accessorials and terms|accessorials & terms|accessorial rates|pay terms and accessorials|payment & accessorial terms|payment and accessorial terms|payment and accessorials|accessorial charges policy|the small print|conditions of carriage|terms of this load|house rules|standard accessorials|approved accessorials|legal")
	say(label{ctx: cNotes, sub: sBlock}, "special instructions|handling instructions|general notes|load notes|carrier instructions|driver instructions|shipper instructions sample|carrier notes|general instructions|additional instructions|instructions to carrier|dispatch notes|please note|important|load comments|load instructions|comments & instructions|instructions & comments|general comments|remarks for the driver|notes for driver|notes to driver|notes to carrier|dispatch instructions|general remarks|notes and instructions|notes & instructions")
	say(label{ctx: cStop, sub: sBlock}, "stops|stop information|stop details|route|itinerary|pickup delivery schedule|schedule|routing|stop list|trip|pickup and delivery|stop schedule|routing information|pickups and deliveries|pickups & deliveries|stops and appointments|route details|route information|load stops|trip plan|shipment stops|stops / schedule|journey|pickup & delivery|pick up and delivery|stop off|stops & schedule")
	say(label{ctx: cSign, sub: sBlock}, "shipper certification|carrier acknowledgment|carrier acknowledgement|acceptance|receipt of delivery|receiver certification|delivery receipt|carrier certification|consignee certification|proof of receipt|receiver acknowledgment|receiver acknowledgement|to be completed by receiver|receiver use only|receiving|delivery acknowledgement|delivery acknowledgment|consignee receipt|received in good order|signatures|carrier signature block|acceptance of terms|driver acceptance|acknowledgment|acknowledgement")
}
