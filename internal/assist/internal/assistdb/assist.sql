-- name: Rules :one
SELECT * FROM ai_rules;

-- name: SetRules :execrows
INSERT INTO ai_rules (permits, budget_micros, updated_by, updated_at) VALUES (@permits, @budget_micros, @updated_by, @updated_at)
ON CONFLICT (org_id) DO UPDATE SET permits = excluded.permits, budget_micros = excluded.budget_micros, version = ai_rules.version + 1,
  updated_by = excluded.updated_by, updated_at = excluded.updated_at WHERE ai_rules.version = @version;

-- name: Hold :one
-- One statement: of many at once each sees what those before it hold, because
-- the month's row is locked and looked at again.
WITH room AS (
  INSERT INTO ai_months (month, held_micros) SELECT @month, @most::bigint FROM ai_rules WHERE budget_micros >= @most
  ON CONFLICT (org_id, month) DO UPDATE SET held_micros = ai_months.held_micros + excluded.held_micros
  WHERE ai_months.spent_micros + ai_months.held_micros + excluded.held_micros <= (SELECT budget_micros FROM ai_rules)
  RETURNING month)
INSERT INTO ai_holds (id, month, most_micros, created_at) SELECT @id, month, @most, @created_at FROM room RETURNING id;

-- name: Settle :exec
WITH h AS (DELETE FROM ai_holds WHERE id = @id RETURNING month, most_micros)
UPDATE ai_months m SET held_micros = m.held_micros - h.most_micros, spent_micros = m.spent_micros + @spent::bigint FROM h WHERE m.month = h.month;

-- name: SettleOld :exec
-- What a program that ended in the middle of a call had held is taken as spent.
WITH h AS (DELETE FROM ai_holds WHERE created_at < @before RETURNING month, most_micros),
  s AS (SELECT month, sum(most_micros)::bigint AS most FROM h GROUP BY month)
UPDATE ai_months m SET held_micros = m.held_micros - s.most, spent_micros = m.spent_micros + s.most FROM s WHERE m.month = s.month;

-- name: Months :many
SELECT * FROM ai_months ORDER BY month DESC LIMIT 12;

-- name: Record :exec
INSERT INTO ai_calls (id, at, job, prompt, actor, answered_by, engine, model, outcome, why, decision_us, queue_us, first_us, total_us, tokens_in, tokens_out, cost_micros, trail)
VALUES (@id, @at, @job, @prompt, @actor, @answered_by, @engine, @model, @outcome, @why, @decision_us, @queue_us, @first_us, @total_us, @tokens_in, @tokens_out, @cost_micros, @trail);

-- name: Calls :many
SELECT * FROM ai_calls WHERE id < @before ORDER BY id DESC LIMIT @n;

-- name: Times :many
-- Of the calls since, by who answered: how long until something usable was known,
-- until the first word, until the last.
SELECT engine, job, count(*)::int AS calls,
  coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY decision_us) FILTER (WHERE decision_us > 0), 0)::bigint AS decision_p99_us,
  coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY first_us), 0)::bigint AS first_p50_us,
  coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY first_us), 0)::bigint AS first_p95_us,
  coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY total_us), 0)::bigint AS total_p50_us,
  coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY total_us), 0)::bigint AS total_p95_us,
  sum(cost_micros)::bigint AS cost_micros
FROM ai_calls WHERE id > @since AND answered_by IN ('built-in', 'local', 'overflow') GROUP BY engine, job ORDER BY engine, job;

-- name: Spread :many
-- How many of the calls since fell between two edges, by who answered: kind 0 is the
-- decision, 1 the first word, 2 the last.
SELECT c.engine, k.kind::int AS kind, width_bucket(k.us, @edges::bigint[])::int AS bucket, count(*)::int AS calls
FROM ai_calls c CROSS JOIN LATERAL (VALUES (0, c.decision_us), (1, c.first_us), (2, c.total_us)) AS k (kind, us)
WHERE c.id > @since AND c.answered_by IN ('built-in', 'local', 'overflow') AND k.us > 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- name: Forget :execrows
DELETE FROM ai_calls WHERE id < @before;
