// Package handlers says what a message means: it holds the conversations with members, secretaries and the committee.
//
// A turn is pure. Given a message with all that is stored about its writer, it yields everything the message changes;
// nothing is read, sent or kept here:
//
//	storage.Pending ──Turner.Turn──▶ storage.Turn  (one transaction: dialogue, declaration, transfer, duties, replies)
//	                      │
//	                      └────────▶ *Need         (a question to storage the turn cannot be decided without;
//	                                                the desk answers it and calls Turn again)
//
// Desk.Run carries turns from the inbox to the transaction: pending messages in, turns out, many people's turns in one
// commit, a conflict tried again, a message that cannot be handled put aside with an apology, never lost.
//
// The conversation is one table (table.go): in which state, what is said, what is done, where it leads.
// docs/dialogue.md is printed from it.
package handlers
