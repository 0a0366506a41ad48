package wechatsim

import (
	"slices"
	"time"
)

// Kind of a message, as a phone shows it.
type Kind string

// The kinds.
const (
	KindText        Kind = "text"
	KindImage       Kind = "image"
	KindVoice       Kind = "voice"
	KindVideo       Kind = "video"
	KindSticker     Kind = "sticker"
	KindFile        Kind = "file"
	KindLink        Kind = "link"
	KindLocation    Kind = "location"
	KindCard        Kind = "card"
	KindRedPacket   Kind = "red_packet"
	KindUnsupported Kind = "unsupported"
	KindRaw         Kind = "raw"
	KindSystem      Kind = "system" // a grey line between the bubbles, by nobody
)

// Message is one bubble or grey line of a chat on a phone.
type Message struct {
	MsgID string    // the server's; "" for grey lines that exist on this phone only
	At    time.Time // server time
	From  string    // ID of the author, "" for grey lines
	Kind  Kind
	Text  string // as typed; caption or title of other kinds
	Name  string // of a file
	Data  []byte // of an image, voice, video, sticker or file; not to be changed
	Quote string // what a reply quotes
}

// Sent is one send the server accepted from a web session.
type Sent struct {
	Seq         int // 1 for the first
	At          time.Time
	Account     string // ID
	To          string // ID of the person or group; a name like filehelper for WeChat's own
	Type        int    // of the message, by the endpoint it came through
	Content     string // as sent, before TextPolicy
	Name        string // of a file
	Data        []byte // of media; not to be changed
	ClientMsgID string
	MsgID       string
	Delivered   bool // false: accepted, but the other side has deleted or blocked the account
}

// Ledger is every send the server accepted, oldest first.
func (s *Server) Ledger() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger)
}

// LedgerSince is Ledger without its first n entries, in time proportional to the rest.
func (s *Server) LedgerSince(n int) []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger[min(max(n, 0), len(s.ledger)):])
}

// Chat is the chat with a as the person's phone shows it, oldest first.
func (p *Person) Chat(a *Account) []Message { return p.ChatSince(a, 0) }

// ChatSince is Chat without its first n entries, in time proportional to the rest. Entries never move; one that is taken
// back becomes a grey line where it stood.
func (p *Person) ChatSince(a *Account, n int) []Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	chat := p.chats[a]
	return slices.Clone(chat[min(max(n, 0), len(chat)):])
}

// Received is what a wrote to the person, oldest first, without grey lines.
func (p *Person) Received(a *Account) []Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	var got []Message
	for _, m := range p.chats[a] {
		if m.From == a.id {
			got = append(got, m)
		}
	}
	return got
}

// show adds to the person's phone.
func (p *Person) show(a *Account, m Message) { p.chats[a] = append(p.chats[a], m) }

// grey adds a grey line to the person's phone.
func (p *Person) grey(a *Account, text string) {
	p.show(a, Message{At: p.s.opts.Now(), Kind: KindSystem, Text: text})
}

// withdraw turns the bubble of a message into a grey line; false if it is not there.
func withdraw(chat []Message, msgID, line string) bool {
	for i := range chat {
		if chat[i].MsgID == msgID && chat[i].Kind != KindSystem {
			chat[i] = Message{MsgID: msgID, At: chat[i].At, Kind: KindSystem, Text: line}
			return true
		}
	}
	return false
}
