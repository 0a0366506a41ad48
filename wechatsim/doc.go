// Package wechatsim is a WeChat web server to test and show against: the side of the protocol that Tencent runs, with
// the phones of the people on the other end. It imports nothing of this module.
//
//	the bot                     the server                        the phones
//	jslogin, login ───────────► login.go      QR codes ◄───────── Account.Scan, Confirm
//	webwxnewloginpage ────────► session.go    cookies, fresh ids
//	webwxinit, getcontact ────► contacts.go   address book ◄───── Person.Befriend, SetNick
//	synccheck, webwxsync ─────► sync.go       one log per account ◄ Person.Say, Group.Say, Account.SayFromPhone
//	webwxverifyuser ──────────► friends.go    requests ◄───────── Person.Befriend, Delete, Block
//	webwxsendmsg … ───────────► send.go       Ledger ───────────► Person.Chat, Group.Chat
//	webwxuploadmedia … ───────► media.go      files
//	                            faults.go     what goes wrong ◄── Server.Inject, Server.Behave, Account.Kick, Sleep
//
// The bot reaches it in-process through Transport, or over TLS through ListenTLS. The package starts no goroutine except
// the accept loop of ListenTLS: a request is served on the goroutine that brings it, so the server works in the virtual
// time of testing/synctest. One mutex guards all state; long polls wait outside it. A test in another process than the
// server plays the phones through Control.
//
// User names (@…, @@…) are fresh at every login and kept by a hot login, as with the real server. Tests and the demo
// name people by ID, which never changes.
package wechatsim
