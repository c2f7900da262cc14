// Package inbox is the room of mail that comes in: one mailbox of a company,
// read over IMAP, and mails that somebody brings by hand. Their attachments
// become documents, which are read and drafted as any other; a mail whose own
// words are an offer becomes one itself. Mails that answer each other are one
// thread, and a load shows the thread its papers came in.
//
// Every sender is a stranger: a mail is bounded in size, its HTML is only ever
// text, and what it says of itself (sender, date, what it answers) is a claim.
// No mail is lost: one that cannot be read is kept and shown with the reason,
// and one that makes no document is shown as ignored, and why.
package inbox
