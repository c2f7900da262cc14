package paper

// Label is what a sheet says, in the reader's canonical values: dates are
// local wall time "2026-07-30T08:00" or the bare day, money is decimal
// dollars. A zero field was not printed and does not appear in the JSON.
type Label struct {
	DocumentType    string      `json:"document_type"`
	LoadNumber      string      `json:"load_number,omitempty"`
	Broker          *PartyLabel `json:"broker,omitempty"`
	Carrier         *PartyLabel `json:"carrier,omitempty"`
	Equipment       string      `json:"equipment,omitempty"`
	TrailerLengthFt int         `json:"trailer_length_ft,omitempty"`
	TemperatureMinF *int        `json:"temperature_min_f,omitempty"`
	TemperatureMaxF *int        `json:"temperature_max_f,omitempty"`
	Stops           []StopLabel `json:"stops,omitempty"`
	Commodity       string      `json:"commodity,omitempty"`
	WeightLb        int         `json:"weight_lb,omitempty"`
	Pieces          int         `json:"pieces,omitempty"`
	Miles           int         `json:"miles,omitempty"`
	TotalRate       string      `json:"total_rate,omitempty"`
	Currency        string      `json:"currency,omitempty"`
	LineItems       []ItemLabel `json:"line_items,omitempty"`
	Terms           *TermsLabel `json:"terms,omitempty"`

	BOLNumber         string `json:"bol_number,omitempty"`
	PRONumber         string `json:"pro_number,omitempty"`
	SealNumber        string `json:"seal_number,omitempty"`
	TrailerNumber     string `json:"trailer_number,omitempty"`
	Signed            *bool  `json:"signed,omitempty"`
	ReceivedAt        string `json:"received_at,omitempty"`
	ReceiverName      string `json:"receiver_name,omitempty"`
	OSDNotes          string `json:"osd_notes,omitempty"`
	DeliveredPieces   int    `json:"delivered_pieces,omitempty"`
	DeliveredWeightLb int    `json:"delivered_weight_lb,omitempty"`

	FlagsExpected []string `json:"flags_expected,omitempty"`
}

// PartyLabel is a company as printed. Address is one line: where the sheet
// breaks it, the parts are joined with a comma.
type PartyLabel struct {
	Name         string `json:"name,omitempty"`
	MC           string `json:"mc,omitempty"`
	USDOT        string `json:"usdot,omitempty"`
	Contact      string `json:"contact,omitempty"`
	Phone        string `json:"phone,omitempty"`
	Email        string `json:"email,omitempty"`
	Address      string `json:"address,omitempty"`
	BillingEmail string `json:"billing_email,omitempty"`
}

// StopLabel is one stop as printed; TimeZone only when the sheet names one.
type StopLabel struct {
	Type        string   `json:"type"`
	Name        string   `json:"name,omitempty"`
	Address     string   `json:"address,omitempty"`
	City        string   `json:"city,omitempty"`
	State       string   `json:"state,omitempty"`
	ZIP         string   `json:"zip,omitempty"`
	WindowStart string   `json:"window_start,omitempty"`
	WindowEnd   string   `json:"window_end,omitempty"`
	Appointment string   `json:"appointment,omitempty"`
	TimeZone    string   `json:"time_zone,omitempty"`
	References  []string `json:"references,omitempty"`
	Contact     string   `json:"contact,omitempty"`
	Phone       string   `json:"phone,omitempty"`
	Notes       string   `json:"notes,omitempty"`
}

// ItemLabel is one charge line; Quantity and Rate only where printed.
type ItemLabel struct {
	Kind        string `json:"kind"`
	Description string `json:"description,omitempty"`
	Amount      string `json:"amount,omitempty"`
	Quantity    string `json:"quantity,omitempty"`
	Rate        string `json:"rate,omitempty"`
}

// TermsLabel are the printed conditions; minutes, days, and decimal dollars.
type TermsLabel struct {
	PaymentDays          int    `json:"payment_days,omitempty"`
	QuickPayPercent      string `json:"quick_pay_percent,omitempty"`
	QuickPayDays         int    `json:"quick_pay_days,omitempty"`
	DetentionFreeMinutes int    `json:"detention_free_minutes,omitempty"`
	DetentionRatePerHour string `json:"detention_rate_per_hour,omitempty"`
	DetentionDailyCap    string `json:"detention_daily_cap,omitempty"`
	LayoverPerDay        string `json:"layover_per_day,omitempty"`
	TONU                 string `json:"tonu,omitempty"`
	StopOff              string `json:"stop_off,omitempty"`
	Lumper               string `json:"lumper,omitempty"`
	LateFee              string `json:"late_fee,omitempty"`
	TrackingRequired     bool   `json:"tracking_required,omitempty"`
}
