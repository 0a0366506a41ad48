package wechatsim

import (
	"strings"
	"time"
)

// Message types of the protocol.
const (
	typeText          = 1
	typeImage         = 3
	typeVoice         = 34
	typeFriendRequest = 37
	typeCard          = 42
	typeVideo         = 43
	typeSticker       = 47
	typeLocation      = 48
	typeApp           = 49
	typeStatus        = 51
	typeSystem        = 10000
	typeRecall        = 10002

	appLink  = 5
	appFile  = 6
	appQuote = 57
)

// message is what travels to a web session, with people instead of the user names that each session has for them.
type message struct {
	id   int64
	at   time.Time
	from entity // the author, nil for grey lines of a group
	to   entity
	body string // Content as sent, without the prefix of a group
	// bodyFor replaces body where Content holds user names.
	bodyFor func(name func(entity) string) string
	msgType int
	wire    *wireMessage // more fields, for the few messages that have any; see extra
	about   entity       // whom RecommendInfo is about
	chats   []entity     // of StatusNotifyUserName
	data    []byte       // for download
}

// newMessage numbers a message and makes it known to downloads and recalls.
func (s *Server) newMessage(from, to entity, msgType int, body string) *message {
	m := &message{id: s.nextMsgID(), at: s.opts.Now(), from: from, to: to, msgType: msgType, body: body}
	s.messages[m.msgID()] = m
	return m
}

func (m *message) msgID() string { return msgIDText(m.id) }

// extra is where fields are set that most messages leave empty.
func (m *message) extra() *wireMessage {
	if m.wire == nil {
		m.wire = &wireMessage{}
	}
	return m.wire
}

// wireMessage is an entry of AddMsgList.
type wireMessage struct {
	MsgId                string //nolint:revive // the names are the protocol's
	FromUserName         string
	ToUserName           string
	MsgType              int
	Content              string
	Status               int
	ImgStatus            int
	CreateTime           int64
	VoiceLength          int
	PlayLength           int
	FileName             string
	FileSize             string
	MediaId              string
	Url                  string
	AppMsgType           int
	StatusNotifyCode     int
	StatusNotifyUserName string
	RecommendInfo        wireRecommend
	ForwardFlag          int
	AppInfo              wireApp
	HasProductId         int
	Ticket               string
	ImgHeight            int
	ImgWidth             int
	SubMsgType           int
	NewMsgId             int64
	OriContent           string
	EncryFileName        string
}

type wireApp struct {
	AppID string
	Type  int
}

type wireRecommend struct {
	UserName   string
	NickName   string
	QQNum      int
	Province   string
	City       string
	Content    string
	Signature  string
	Alias      string
	Scene      int
	VerifyFlag int
	AttrStatus int
	Sex        int
	Ticket     string
	OpCode     int
}

// render is a message as one session gets it.
func (sess *session) render(m *message) wireMessage {
	var w wireMessage
	if m.wire != nil {
		w = *m.wire
	}
	w.MsgId, w.NewMsgId, w.CreateTime, w.MsgType = m.msgID(), m.id, m.at.Unix(), m.msgType
	from, to := m.from, m.to
	_, inGroup := m.to.(*Group)
	inGroup = inGroup && m.from != entity(sess.account)
	if inGroup { // what others write there comes from the group
		from, to = m.to, sess.account
	}
	w.FromUserName, w.ToUserName = sess.name(from), sess.name(to)
	w.Status, w.ImgStatus = 3, 1
	if w.MsgType == typeImage {
		w.ImgStatus = 2
	}
	w.Content = m.body
	if m.bodyFor != nil {
		w.Content = m.bodyFor(sess.name)
	}
	if inGroup && m.from != nil && m.msgType != typeSystem {
		w.Content = sess.name(m.from) + ":<br/>" + w.Content
	}
	if m.about != nil {
		w.RecommendInfo.UserName = sess.name(m.about)
	}
	if len(m.chats) > 0 {
		w.StatusNotifyUserName = strings.Join(sess.nameAll(m.chats), ",")
	}
	return w
}

func (sess *session) nameAll(es []entity) []string {
	names := make([]string, len(es))
	for i, e := range es {
		names[i] = sess.name(e)
	}
	return names
}
