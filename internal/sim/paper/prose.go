package paper

// legal is the small print of a rate confirmation. It holds amounts and days
// that are none of the terms a carrier is paid by.
var legal = []string{
	"1. Carrier warrants that it is duly authorized by the FMCSA to transport the goods described above and that it maintains cargo insurance of at least $100,000 and automobile liability insurance of at least $1,000,000 per occurrence. Certificates shall be furnished to Broker on request.",
	"2. Carrier shall not re-broker, co-broker, subcontract, assign, interline or tender this shipment to any other carrier. If Carrier does so, Carrier forfeits all charges and Broker may pay the delivering carrier directly.",
	"3. The original bill of lading signed by the receiver must be submitted within 48 hours of delivery. Any shortage, overage or damage must be reported immediately and before the truck leaves the facility.",
	"4. Carrier agrees to protect Broker against back-solicitation of its customers for a period of 12 months after the last shipment. This agreement is governed by the laws of the state in which Broker has its principal office.",
	"5. Drivers shall comply with all hours of service rules. Nothing in this confirmation requires any driver to violate a regulation. If the schedule cannot be met legally, call dispatch at once and we will reschedule the appointment.",
	"6. Seals may be broken only by the receiver. A broken or missing seal may result in rejection of the entire shipment. Carrier is liable for the full invoice value of rejected goods under 49 U.S.C. 14706 (the Carmack Amendment).",
	"7. Invoices must show the load number. Invoices without a legible proof of delivery will be returned and payment will be delayed.",
	"8. This confirmation, together with the broker-carrier agreement between the parties, is the entire agreement for this shipment. In case of conflict the terms of this confirmation prevail. Performance of the services without a signature is deemed acceptance of all terms.",
	"9. Accessorial charges not shown on this sheet must be approved in writing by Broker before they are incurred. Requests received more than 5 days after delivery will not be considered.",
	"10. Carrier's equipment shall be in good working order, clean, dry, free of odor and of holes, and suitable for the commodity. Food shipments are subject to the Sanitary Transportation rule, 21 CFR Part 1 Subpart O.",
	"11. Refrigerated shipments must run at the set point shown in continuous mode unless stated otherwise. Pulp temperatures must be taken and noted at loading. Download records shall be kept for 24 months.",
	"12. Carrier waives any right to claim a lien on the freight. Broker is the sole party responsible for payment of Carrier's charges and Carrier shall not contact the shipper or consignee for payment.",
}
