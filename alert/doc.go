// Package alert tells people outside WeChat that the product cannot do its work, and when it can again.
//
//	facts from the database ──▶ Watch.Look ──▶ verdicts: wrong, fine, or not known yet     pure
//	                                             │
//	                  storage.Incident: told once when it begins, once a day, once when it is over
//	                                             │
//	                                             └──▶ Webhook (POST of JSON), Mail (SMTP)
//
// An alert holds nothing personal: the name an account has in the settings, the name of the machine, times and numbers.
// It may come twice, when a process dies after telling and before noting it, and never not at all: a channel that
// refuses is asked again for a day.
package alert
