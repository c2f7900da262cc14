-- A booking writes some fifteen words; looking its load up and locking it for each
-- of them was half of what they cost. Loads are never deleted, and the room writes
-- words in the transaction of their load.
ALTER TABLE load_words DROP CONSTRAINT load_words_org_id_load_id_fkey;
