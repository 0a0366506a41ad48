package wechatsim

import (
	"fmt"
	"slices"
)

// Group is a group chat. Its first member owns it.
type Group struct {
	s  *Server
	id string

	// Guarded by s.mu.
	name    string
	saved   bool // to the address book
	members []groupMember
	chat    []Message
}

type groupMember struct {
	who     entity
	display string // name within the group
}

// Member is somebody who can be in a group: a *Person or an *Account.
type Member interface {
	ID() string
	isMember()
}

func (g *Group) isChat() {}

// inviteFrom is the size from which on people are invited instead of added.
const inviteFrom = 40

// AddGroup makes a group that is not saved to anybody's address book, so clients learn of it by its messages. It panics
// if the ID is in use.
func (s *Server) AddGroup(id, name string, members ...Member) *Group {
	g := &Group{s: s, id: id, name: name}
	for _, m := range members {
		g.members = append(g.members, groupMember{who: m})
	}
	s.update(func() { s.enter(g) })
	return g
}

func (s *Server) enter(g *Group) {
	s.register(g)
	s.groups = append(s.groups, g)
}

// Group finds a group by ID, nil if there is none.
func (s *Server) Group(id string) *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, _ := s.byID[id].(*Group)
	return g
}

// Groups are all groups, in the order they were made.
func (s *Server) Groups() []*Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.groups)
}

// ID is what tests and the demo call the group; no client ever sees it.
func (g *Group) ID() string { return g.id }

// Name is the group's name.
func (g *Group) Name() string {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	return g.name
}

// Members are the IDs of the members, the owner first.
func (g *Group) Members() []string {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	ids := make([]string, len(g.members))
	for i, m := range g.members {
		ids[i] = m.who.ID()
	}
	return ids
}

// Chat is what the members' phones show, oldest first.
func (g *Group) Chat() []Message { return g.ChatSince(0) }

// ChatSince is Chat without its first n entries.
func (g *Group) ChatSince(n int) []Message {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	return slices.Clone(g.chat[min(max(n, 0), len(g.chat)):])
}

// SetSaved puts the group into the address book of the accounts in it, or takes it out.
func (g *Group) SetSaved(saved bool) {
	g.s.update(func() {
		g.saved = saved
		g.tellMod()
	})
}

// SetDisplay gives a member another name within the group.
func (g *Group) SetDisplay(m Member, name string) {
	g.s.update(func() {
		if i := g.index(m); i >= 0 {
			g.members[i].display = name
			g.tellMod()
		}
	})
}

// Say writes a text into the group and returns its MsgID, "" if the author is no member.
func (g *Group) Say(by Member, text string) (msgID string) { return g.Send(by, Text(text)) }

// Send sends anything into the group; see Say.
func (g *Group) Send(by Member, c Content) (msgID string) {
	g.s.update(func() {
		if !g.has(by) {
			return
		}
		m := g.s.compose(by, g, c)
		g.broadcast(m, c.bubble(m.msgID(), by.ID(), m.at), nil)
		msgID = m.msgID()
	})
	return msgID
}

// Recall takes a message back, which is possible for two minutes. It reports whether it did.
func (g *Group) Recall(by Member, msgID string) (done bool) {
	g.s.update(func() {
		m := g.s.messages[msgID]
		nick := nickOf(by)
		if m == nil || m.from != entity(by) || m.to != entity(g) || g.s.tooLate(m) || !withdraw(g.chat, msgID, `"`+nick+`" 撤回了一条消息`) {
			return
		}
		recall := g.s.recallOf(m, nick)
		g.each(func(a *Account) { a.push(item{msg: recall}) })
		done = true
	})
	return done
}

// Join lets a member bring somebody in.
func (g *Group) Join(who, by Member) {
	g.s.update(func() {
		if g.has(who) || !g.has(by) {
			return
		}
		g.members = append(g.members, groupMember{who: who})
		g.tellMembers()
		g.grey(func(reader entity) string {
			return quoted(by, reader) + "邀请" + quoted(who, reader) + "加入了群聊"
		})
	})
}

// Leave takes somebody out: by themselves, or removed by another member.
func (g *Group) Leave(who, by Member) {
	g.s.update(func() {
		i := g.index(who)
		if i < 0 {
			return
		}
		if who != by {
			g.grey(func(reader entity) string {
				if reader == entity(by) {
					return "你将" + quoted(who, reader) + "移出了群聊"
				}
				return quoted(who, reader) + "被" + quoted(by, reader) + "移出群聊"
			})
		}
		g.members = slices.Delete(g.members, i, i+1)
		g.tellMembers()
		if a, ok := who.(*Account); ok {
			a.push(item{kind: itemModContact, who: g})
		}
	})
}

// Rename changes the group's name.
func (g *Group) Rename(name string, by Member) {
	g.s.update(func() {
		g.name = name
		g.tellMod()
		g.grey(func(reader entity) string { return quoted(by, reader) + "修改群名为“" + name + "”" })
	})
}

func (g *Group) index(m entity) int {
	return slices.IndexFunc(g.members, func(other groupMember) bool { return other.who == m })
}

func (g *Group) has(m entity) bool { return g.index(m) >= 0 }

// each calls f for the accounts in the group.
func (g *Group) each(f func(*Account)) {
	for _, m := range g.members {
		if a, ok := m.who.(*Account); ok {
			f(a)
		}
	}
}

// broadcast shows a message on all phones and tells the web sessions of all accounts but one.
func (g *Group) broadcast(m *message, bubble Message, but *Account) {
	g.chat = append(g.chat, bubble)
	g.each(func(a *Account) {
		a.touch(g)
		if a != but {
			a.push(item{msg: m})
		}
	})
}

// grey writes a grey line; each reader gets it in their own words. The members' phones show it as nobody's.
func (g *Group) grey(line func(reader entity) string) {
	g.chat = append(g.chat, Message{At: g.s.opts.Now(), Kind: KindSystem, Text: line(nil)})
	g.each(func(a *Account) {
		a.touch(g)
		a.push(item{msg: g.s.newMessage(nil, g, typeSystem, encodeText(line(a)))})
	})
}

func (g *Group) tellMod() {
	g.each(func(a *Account) { a.push(item{kind: itemModContact, who: g}) })
}

func (g *Group) tellMembers() {
	g.each(func(a *Account) {
		a.push(item{kind: itemModContact, who: g})
		a.push(item{kind: itemMembers, who: g})
	})
}

// quoted is how grey lines name somebody to a reader.
func quoted(who, reader entity) string {
	if who == reader {
		return "你"
	}
	return `"` + nickOf(who) + `"`
}

func nickOf(e entity) string {
	switch e := e.(type) {
	case *Account:
		return e.nick
	case *Person:
		return e.profile.Nick
	}
	return e.ID()
}

// webwxcreatechatroom makes a group of the account and friends of it.
func (s *Server) webwxcreatechatroom(c *call) any {
	var req struct {
		MemberList []struct{ UserName string }
		Topic      string
	}
	if !c.decode(&req) || len(req.MemberList) == 0 {
		return retCode(1)
	}
	a := c.sess.account
	members := []groupMember{{who: a}}
	for _, m := range req.MemberList {
		p, _ := c.sess.lookup(m.UserName).(*Person)
		if a.friends[p] == nil {
			return retCode(1)
		}
		members = append(members, groupMember{who: p})
	}
	g := &Group{s: s, id: fmt.Sprintf("room-%d", len(s.groups)+1), name: req.Topic, members: members}
	s.enter(g)
	c.changed = true
	g.tellMod()
	g.grey(func(reader entity) string {
		line := quoted(a, reader) + "邀请"
		for i, m := range members[1:] {
			if i > 0 {
				line += "、"
			}
			line += quoted(m.who, reader)
		}
		return line + "加入了群聊"
	})
	return struct {
		BaseResponse baseResponse
		Topic        string
		PYInitial    string
		QuanPin      string
		MemberCount  int
		MemberList   []member
		ChatRoomName string
		BlackList    string
	}{Topic: req.Topic, MemberCount: len(members) - 1, MemberList: c.sess.memberList(g)[1:], ChatRoomName: c.sess.name(g)}
}

// webwxupdatechatroom brings people into a group or leaves it. Removing members and changing the name are answered with
// Ret 0 and ignored, as by the real server.
func (s *Server) webwxupdatechatroom(c *call) any {
	var req struct{ ChatRoomName, AddMemberList, InviteMemberList string }
	if !c.decode(&req) {
		return retCode(1)
	}
	a := c.sess.account
	g, _ := c.sess.lookup(req.ChatRoomName).(*Group)
	if g == nil || !g.has(a) {
		return retCode(1)
	}
	switch fun := c.query.Get("fun"); fun {
	case "addmember", "invitemember":
		if fun == "addmember" && len(g.members) >= inviteFrom {
			return retCode(1)
		}
		return s.bring(c, g, req.AddMemberList+req.InviteMemberList)
	case "delmember", "modtopic":
		return retCode(0)
	case "quitchatroom":
		i := g.index(a)
		g.members = slices.Delete(g.members, i, i+1)
		a.push(item{kind: itemDelContact, who: g})
		c.changed = true
		return retCode(0)
	}
	return retCode(1)
}

// bring adds friends, named by their user names with commas between, to a group.
func (s *Server) bring(c *call, g *Group, names string) any {
	a := c.sess.account
	var come []entity
	for _, name := range splitList(names) {
		p, _ := c.sess.lookup(name).(*Person)
		if a.friends[p] == nil {
			return retCode(1)
		}
		if !g.has(p) {
			come = append(come, p)
		}
	}
	for _, p := range come {
		g.members = append(g.members, groupMember{who: p})
		g.grey(func(reader entity) string {
			return quoted(a, reader) + "邀请" + quoted(p, reader) + "加入了群聊"
		})
	}
	g.tellMembers()
	c.changed = true
	return struct {
		BaseResponse baseResponse
		MemberCount  int
		MemberList   []member
	}{MemberCount: len(g.members), MemberList: c.sess.memberList(g)}
}
