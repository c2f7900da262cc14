// Package backup keeps everything a carrier has entrusted to TruckFlow twice:
// the database continuously, uploads as they arrive, settings and keys with
// every backup; and brings it back, to the last second or to any moment before.
//
// How it works. A base backup is a copy of the whole cluster, taken over the
// replication protocol (pgrepl) while the server works. From then on the
// archiver receives the write-ahead log as it is written and stores it in
// pieces every few seconds. Base backup plus log up to a moment is the database
// at that moment. Everything is compressed (zstd) and then encrypted (age)
// before it leaves the process, so a store learns sizes and times, nothing else.
//
// What lies in a repository, the same in a folder and in any S3 store:
//
//	repo.json                          which cluster this is (system identifier), who signs
//	base/ID/manifest.json, .sig        what backup ID consists of, and the signature over it
//	base/ID/verified.json              when and how it was last proved good
//	base/ID/SPACE/000001 …             the tablespaces' tars, in blocks
//	wal/TTTTTTTT/SEGMENT               a whole file of the log
//	wal/TTTTTTTT/SEGMENT.FROM-TO       pieces of the file being written
//	wal/TTTTTTTT.history               where a timeline left its parent
//	files/SHA256                       an upload, by what is in it
//	journal/TIME                       uploads that came after the last base backup
//	dump/ID/manifest.json, …           portable pg_dump archives
//	.pgbackrest/                       copies and log, where pgBackRest is the engine (engine.go)
//
// Keys. Every object is encrypted for two age recipients: the server's own key
// (data folder, 0600), which lets the server rehearse restores by itself, and
// the recovery key, whose secret half is shown once by `truckflow backup init`
// and kept away from the server. Losing the server and the recovery key is
// losing the backup, so the program says so until there is one.
package backup
