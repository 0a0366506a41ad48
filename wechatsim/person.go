package wechatsim

import "slices"

// Profile is what a person tells about themselves.
type Profile struct {
	Nick      string
	Alias     string // 微信号; the real server rarely hands it out
	Signature string
	Province  string
	City      string
	Sex       int // 1 male, 2 female
	// VerifyFlag is not 0 for official accounts: 8, 24 …
	VerifyFlag int
}

// Person is somebody with a phone, who is not a client of this server.
type Person struct {
	s  *Server
	id string

	// Guarded by s.mu.
	profile Profile
	avatar  int64
	chats   map[*Account][]Message
}

// Chat is somebody or something one can open a chat with: a *Person, a *Group or FileHelper.
type Chat interface {
	ID() string
	isChat()
}

// FileHelper is 文件传输助手, where accounts write to themselves.
const FileHelper = fileHelper

func (p *Person) isChat()   {}
func (p *Person) isMember() {}
func (h helper) isChat()    {}

// AddPerson makes a person who knows nobody yet. It panics if the ID is in use. Several people may have one Nick.
func (s *Server) AddPerson(id string, f Profile) *Person {
	p := &Person{s: s, id: id, profile: f, chats: map[*Account][]Message{}}
	s.update(func() {
		s.register(p)
		p.avatar = 630_000_001 + 10_007*int64(len(s.people)) // no two people have one picture
		s.people = append(s.people, p)
	})
	return p
}

// Person finds a person by ID, nil if there is none.
func (s *Server) Person(id string) *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, _ := s.byID[id].(*Person)
	return p
}

// People are all persons, in the order they were added.
func (s *Server) People() []*Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.people)
}

// ID is what tests and the demo call the person; no client ever sees it.
func (p *Person) ID() string { return p.id }

// Profile is what the person tells about themselves at present.
func (p *Person) Profile() Profile {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.profile
}

// SetNick changes the person's name; accounts that have them as a friend are told.
func (p *Person) SetNick(nick string) { p.alter(func() { p.profile.Nick = nick }) }

// SetProfile changes everything the person tells about themselves.
func (p *Person) SetProfile(f Profile) { p.alter(func() { p.profile = f }) }

// SetAvatar gives the person another picture, and so another seq in HeadImgUrl.
func (p *Person) SetAvatar() { p.alter(func() { p.avatar += 1009 }) }

func (p *Person) alter(change func()) {
	p.s.update(func() {
		change()
		for _, a := range p.s.accounts {
			if a.friends[p] != nil {
				a.push(item{kind: itemModContact, who: p})
			}
		}
	})
}

// Delete removes the account from the person's contacts. The account is not told; its sends are accepted (Ret 0), not
// delivered, and followed by a grey line.
func (p *Person) Delete(a *Account) {
	p.relation(a, func(f *friend) { f.deleted = true })
}

// Block refuses what the account writes. The account is not told except by a grey line after each send.
func (p *Person) Block(a *Account) {
	p.relation(a, func(f *friend) { f.blocked = true })
}

// Unblock ends Block.
func (p *Person) Unblock(a *Account) {
	p.relation(a, func(f *friend) { f.blocked = false })
}

func (p *Person) relation(a *Account, change func(*friend)) {
	p.s.update(func() {
		if f := a.friends[p]; f != nil {
			change(f)
		}
	})
}

// Say writes a text to the account and returns its MsgID, "" if the server refused it: the account does not know the
// person and wants to be asked first.
func (p *Person) Say(a *Account, text string) (msgID string) { return p.Send(a, Text(text)) }

// Send sends anything to the account; see Say.
func (p *Person) Send(a *Account, c Content) (msgID string) {
	p.s.update(func() {
		if a.friends[p] == nil && !a.open {
			p.show(a, c.bubble("", p.id, p.s.opts.Now()))
			p.grey(a, a.nick+noFriend)
			return
		}
		m := p.s.compose(p, a, c)
		p.show(a, c.bubble(m.msgID(), p.id, m.at))
		a.touch(p)
		a.push(item{msg: m})
		msgID = m.msgID()
	})
	return msgID
}

// Reply writes a text that quotes a message of the chat with the account.
func (p *Person) Reply(a *Account, quotedMsgID, text string) (msgID string) {
	var author, quoted string
	p.s.locked(func() {
		for _, m := range p.chats[a] {
			if m.MsgID != quotedMsgID || m.MsgID == "" {
				continue
			}
			author, quoted = p.profile.Nick, m.Text
			if m.From == a.id {
				author = a.nick
			}
		}
	})
	return p.Send(a, Quote(author, quoted, text))
}

// Recall takes a message back, which is possible for two minutes. It reports whether it did.
func (p *Person) Recall(a *Account, msgID string) (done bool) {
	p.s.update(func() {
		m := p.s.messages[msgID]
		if m == nil || m.from != entity(p) || m.to != entity(a) || p.s.tooLate(m) || !withdraw(p.chats[a], msgID, "你撤回了一条消息") {
			return
		}
		a.push(item{msg: p.s.recallOf(m, p.profile.Nick)})
		done = true
	})
	return done
}
