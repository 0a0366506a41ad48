// Package storage is the only truth: everything that must survive is committed here before anyone is told.
//
// One SQL schema serves MySQL/MariaDB and the embedded SQLite file; migrations/ holds it once for each, in versions.
//
//	bot ──Receive──▶ inbox ──Pendings──▶ handlers ──CommitTurns──▶ dialogues, declarations, transfers,
//	                                                               duties + steps, outbox, audit   (one transaction)
//	scheduler ──StepsDue/CommitDigest, LapsesDue/CommitLapses──▶ reminders, outbox
//	scheduler ──ClaimOut/FinishOut──▶ what was sent, and what WeChat answered
//
// Instants are UTC with microseconds; civil dates are text (2006-01-02) in the season's zone. Personal fields, what people
// write, what is written to them, the details of the audit, and WeChat sessions are encrypted at rest. What was read and is written again carries a
// version; a commit that finds another version changes nothing and returns ErrConflict.
package storage
