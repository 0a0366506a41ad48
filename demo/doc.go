// Package demo is the whole product on one machine with nothing installed: simulated phones in front of the real thing,
// played from one page in the browser.
//
//	browser ── POST /say, /friend, /switch, /move ──▶ Page ──▶ Stage ──▶ simulated WeChat ──▶ the product
//	   ▲                                               ▲          │
//	   └────────── GET /events (server-sent) ◀─────────┴─Changed──┘  each event is one whole Snapshot
//
// The Stage owns phones, clock and made-up people (People). The Page owns HTTP and knows nothing of the product: it
// fetches one Snapshot per change, however many browsers look on, and the browser draws what differs. So the page can be
// opened twice, reloaded or left behind at any time; nothing is kept in it but what is half typed.
//
// All instants of a Snapshot are in the season's zone; the browser shows their digits and converts nothing.
package demo
