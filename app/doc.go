// Package app wires the parts into the product, starts them and stops them in order.
//
//	Data = season file + database            what every command needs (import, export, rehearse, doctor)
//	App  = Data + coordination + accounts    what serve and demo run
//
//	App.Run ─┬─ desk        inbox → turns → one transaction            (handlers.Desk)
//	         ├─ clockwork   what is due → digests, lapses → outbox     (scheduler.Clockwork)
//	         └─ per account, under its lease:
//	              ├─ bot.Account   login, receive → inbox              (bridge.go gives it the database)
//	              └─ sender        outbox → WeChat, paced              (scheduler.Sender)
//
// All of them end with the context given to Run; an error of one ends the others. Nothing here decides anything about
// a season.
package app
