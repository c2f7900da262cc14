-- name: PutModel :exec
INSERT INTO lane_models (learned_at, hauls, snapshot, report) VALUES (@learned_at, @hauls, @snapshot, @report)
ON CONFLICT (org_id) DO UPDATE SET learned_at = excluded.learned_at, hauls = excluded.hauls, snapshot = excluded.snapshot, report = excluded.report;

-- name: ModelAge :one
SELECT learned_at, hauls FROM lane_models;

-- name: Model :one
SELECT * FROM lane_models;

-- name: PutRates :execrows
INSERT INTO market_rates (id, source, day, from_city, from_state, to_city, to_state, equipment, mile_cents)
SELECT unnest(@ids::uuid[]), unnest(@sources::text[]), unnest(@days::date[]), unnest(@from_cities::text[]), unnest(@from_states::text[]),
  unnest(@to_cities::text[]), unnest(@to_states::text[]), unnest(@equipments::text[]), unnest(@mile_cents::int[])
ON CONFLICT (org_id, source, day, from_city, from_state, to_city, to_state, equipment) DO UPDATE SET mile_cents = excluded.mile_cents;

-- name: Rates :many
SELECT * FROM market_rates WHERE source = ANY(@sources::text[]) AND day BETWEEN @since::date AND @until::date;

-- name: LaneRates :many
SELECT * FROM market_rates WHERE from_state = @from_state AND to_state = @to_state AND equipment = @equipment AND day >= @since::date
ORDER BY day DESC, id LIMIT 200;

-- name: RateSources :many
SELECT source, count(*) AS rates, max(day)::date AS newest FROM market_rates GROUP BY source ORDER BY source;

-- name: PutDiesel :execrows
INSERT INTO diesel_prices (day, gallon_mills) SELECT unnest(@days::date[]), unnest(@mills::int[])
ON CONFLICT (org_id, day) DO UPDATE SET gallon_mills = excluded.gallon_mills;

-- name: Diesel :many
SELECT * FROM diesel_prices ORDER BY day;

-- name: Costs :one
SELECT * FROM lane_costs;

-- name: InsertCosts :exec
INSERT INTO lane_costs (mile_cents, margin_bps, changed_at) VALUES (@mile_cents, @margin_bps, @changed_at);

-- name: UpdateCosts :execrows
UPDATE lane_costs SET mile_cents = @mile_cents, margin_bps = @margin_bps, changed_at = @changed_at, version = version + 1 WHERE version = @version;
