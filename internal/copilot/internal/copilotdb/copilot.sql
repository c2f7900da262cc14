-- name: InsertTurn :exec
INSERT INTO copilot_turns (id, user_id, asked_at, question, answer, engine, ms) VALUES (@id, @user_id, @asked_at, @question, @answer, @engine, @ms);

-- name: Turns :many
SELECT * FROM copilot_turns WHERE user_id = @user_id ORDER BY id DESC LIMIT @most;

-- name: Turn :one
SELECT * FROM copilot_turns WHERE id = @id AND user_id = @user_id;

-- name: SetAnswer :exec
UPDATE copilot_turns SET answer = @answer WHERE id = @id AND user_id = @user_id;

-- name: Judge :execrows
UPDATE copilot_turns SET verdict = @verdict WHERE id = @id AND user_id = @user_id;

-- name: ForgetTurns :execrows
DELETE FROM copilot_turns WHERE user_id = @user_id;

-- name: InsertProposal :exec
INSERT INTO copilot_proposals (id, user_id, action, args, summary, diff, created_at, expires_at) VALUES (@id, @user_id, @action, @args, @summary, @diff, @created_at, @expires_at);

-- name: Proposal :one
SELECT * FROM copilot_proposals WHERE id = @id AND user_id = @user_id;

-- name: Settle :execrows
UPDATE copilot_proposals SET state = @state, settled_at = @at WHERE id = @id AND user_id = @user_id AND state = 'open';

-- name: OpenProposals :many
SELECT * FROM copilot_proposals WHERE user_id = @user_id AND state = 'open' AND expires_at > @now ORDER BY id DESC LIMIT 50;
