-- What the mail said that brought a paper: the paper wins, and differences are flagged.
ALTER TABLE documents ADD COLUMN cover_text text NOT NULL DEFAULT '';
