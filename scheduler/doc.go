// Package scheduler says in time what falls due, and sends what is queued.
//
//	season (rule) ──▶ storage.Duty + steps       written in the transaction that makes the duty due
//	                        │
//	Clockwork ──wakes──▶ Planner.Tick            cron and wake-ups only wake; what is due stands in the database
//	                        ├─ lapses            dates that passed: recorded, reported, never reminded of again
//	                        └─ letters ▶ Digest  one message per reader and slot ──▶ storage.Outbox
//	Sender ──claims one──▶ fresh                 written anew as it leaves: nothing is asked for that is done
//	                        └─ Channel.Send      paced; what WeChat answered is noted, and an unknown outcome stays unknown
//
// Nothing here remembers what it has done: planner and sender may be late, be killed and be started twice, and every
// reminder is still given once. [Coordinator] keeps several processes apart, [Reconcile] follows a season file that
// changed, and [Planner.Rehearse] shows what would be sent by the code that sends it.
package scheduler
