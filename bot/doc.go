// Package bot is one WeChat account: it logs in, receives, knows contacts and sends. It is transport; what a message
// means is none of its business, and it knows no season.
//
//	Account.Run ── login (stored session, else QR code) ── session ── lost? ── login …
//	                                                         │
//	  library's sync loop ──▶ wire (our http.RoundTripper) ──┤ commits messages and contact changes through Store,
//	                                                         │ and only then lets the library move its sync key
//	  actor (one goroutine) ◀── SendText, AcceptFriend, … ───┘ owns contacts and sends
//
// The client library is github.com/eatmoreapple/openwechat. Everything it does unsafely (see the protocol notes) is
// kept from it on the wire: replies are checked and put in shape before it sees them, messages never pass through it,
// each login gets a new library bot, nothing is retried behind our back.
//
// WeChat's ids change at every login. An id is therefore only used together with the login it belongs to, and Recognise
// finds stored contacts again by what does not change.
package bot
