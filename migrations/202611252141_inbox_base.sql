-- One mailbox of a company that is read over IMAP, and every mail taken from it
-- or brought by hand.

CREATE TABLE mailboxes (
  org_id       uuid PRIMARY KEY DEFAULT app_org(),
  host         text NOT NULL,
  port         int NOT NULL,
  security     text NOT NULL CHECK (security IN ('tls','starttls','plain')),
  username     text NOT NULL,
  password     bytea NOT NULL,               -- kit/sealed, for this company
  folder       text NOT NULL,
  since        date NOT NULL,                -- mails that the server took in earlier are left alone
  uid_validity bigint NOT NULL DEFAULT 0,    -- last_uid means something while the server says the same
  last_uid     bigint NOT NULL DEFAULT 0,    -- every mail up to it was taken
  checked_at   timestamptz,                  -- when it was last read without an error
  error        text NOT NULL DEFAULT '',     -- of the last try, in words for a person
  failures     int NOT NULL DEFAULT 0,       -- in a row
  due_at       timestamptz NOT NULL,         -- not read before
  lease        uuid,                         -- who is reading it
  lease_until  timestamptz,                  -- and is taken for dead after
  version      int NOT NULL DEFAULT 1,
  updated_by   text NOT NULL,
  updated_at   timestamptz NOT NULL
);
CALL tenant_table('mailboxes');

CREATE TABLE mail_messages (
  org_id       uuid NOT NULL DEFAULT app_org(),
  id           uuid NOT NULL,
  digest       bytea NOT NULL,               -- of what makes it this mail, whatever way it came
  message_id   text COLLATE "C" NOT NULL DEFAULT '',
  thread_id    uuid NOT NULL,                -- mails that answer each other; the id of one of them
  from_name    text NOT NULL DEFAULT '',
  from_address text NOT NULL DEFAULT '',     -- lower case; as claimed
  to_line      text NOT NULL DEFAULT '',
  subject      text NOT NULL DEFAULT '',
  at           timestamptz NOT NULL,         -- by the mail server; by the sender when brought by hand
  source       text NOT NULL CHECK (source IN ('mailbox','upload')),
  size_bytes   bigint NOT NULL,
  blob_key     text NOT NULL,                -- the mail as it came, or its head
  body         text NOT NULL DEFAULT '',     -- its own words, plain
  quoted       text NOT NULL DEFAULT '',     -- the older mails below them
  state        text COLLATE "C" NOT NULL CHECK (state IN ('taken','thread','ignored','failed')),
  why          text NOT NULL DEFAULT '',     -- it was ignored or could not be read, in words for a person
  received_by  text NOT NULL DEFAULT '',
  received_at  timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('mail_messages');
CREATE UNIQUE INDEX mail_messages_digest ON mail_messages (org_id, digest);
CREATE INDEX mail_messages_thread ON mail_messages (org_id, thread_id, at);
CREATE INDEX mail_messages_state ON mail_messages (org_id, state, id);
CREATE INDEX mail_messages_received ON mail_messages (org_id, received_at);

-- The mails that a mail names: itself and those it answers. Equality on text
-- COLLATE "C" is leakproof, so an index serves it under row security; arrays' @> is not.
CREATE TABLE mail_refs (
  org_id  uuid NOT NULL DEFAULT app_org(),
  ref     text COLLATE "C" NOT NULL,
  mail_id uuid NOT NULL,
  PRIMARY KEY (org_id, ref, mail_id),
  FOREIGN KEY (org_id, mail_id) REFERENCES mail_messages (org_id, id) ON DELETE CASCADE
);
CALL tenant_table('mail_refs');
CREATE INDEX ON mail_refs (org_id, mail_id);

CREATE TABLE mail_files (
  org_id      uuid NOT NULL DEFAULT app_org(),
  mail_id     uuid NOT NULL,
  seq         int NOT NULL CHECK (seq >= 0), -- 0: the mail's own words
  filename    text NOT NULL,
  size_bytes  bigint NOT NULL,
  document_id uuid,                          -- what became of it
  note        text NOT NULL DEFAULT '',      -- why nothing did
  PRIMARY KEY (org_id, mail_id, seq),
  FOREIGN KEY (org_id, mail_id) REFERENCES mail_messages (org_id, id) ON DELETE CASCADE
);
CALL tenant_table('mail_files');
CREATE INDEX mail_files_document ON mail_files (org_id, document_id) WHERE document_id IS NOT NULL;
