package bot

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eatmoreapple/openwechat"
)

// object is a JSON object read leniently: a field of a type nobody expects is empty instead of spoiling the rest.
type object map[string]json.RawMessage

func parseObject(raw []byte) object {
	var o object
	if json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}

func (o object) str(key string) string {
	raw := o[key]
	if len(raw) == 0 {
		return ""
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		_ = json.Unmarshal(raw, &s)
		return s
	case c == '-', '0' <= c && c <= '9':
		return string(raw)
	}
	return ""
}

func (o object) num(key string) int64 {
	n, _ := strconv.ParseInt(o.str(key), 10, 64)
	return n
}

func (o object) list(key string) []object {
	var raw []json.RawMessage
	if json.Unmarshal(o[key], &raw) != nil {
		return nil
	}
	var list []object
	for _, r := range raw {
		if one := parseObject(r); one != nil {
			list = append(list, one)
		}
	}
	return list
}

// official is the bit of VerifyFlag that marks official accounts.
const official = 8

var avatarSeq = regexp.MustCompile(`[?&]seq=(\d+)`)

// contactOf reads one entry of a contact list.
func contactOf(o object, self string) Contact {
	c := Contact{
		UserName: o.str("UserName"), Nick: decodeText(o.str("NickName")), Remark: decodeText(o.str("RemarkName")),
		Alias: o.str("Alias"), Signature: decodeText(o.str("Signature")),
		Province: o.str("Province"), City: o.str("City"), Sex: int(o.num("Sex")),
	}
	if m := avatarSeq.FindStringSubmatch(o.str("HeadImgUrl")); m != nil {
		c.Avatar = m[1]
	}
	c.Kind = kindOfName(c.UserName, self)
	if c.Kind == ContactStranger {
		c.Kind = ContactFriend // it is on a list of contacts
	}
	if c.Kind == ContactFriend && o.num("VerifyFlag")&official != 0 {
		c.Kind = ContactOfficial
	}
	return c
}

// kindOfName is what a user name alone tells.
func kindOfName(user, self string) ContactKind {
	switch {
	case user == self && self != "":
		return ContactSelf
	case strings.HasPrefix(user, "@@"):
		return ContactGroup
	case !strings.HasPrefix(user, "@"):
		return ContactOfficial // filehelper, weixin and WeChat's other own accounts have fixed names
	}
	return ContactStranger
}

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
	typeMicroVideo    = 62
	typeNotice        = 9999
	typeSystem        = 10000
	typeRecall        = 10002

	appLink     = 5
	appFile     = 6
	appLocation = 17
	appQuote    = 57
	appTransfer = 2000
	appPacket   = 2001
)

// incomingOf reads one entry of AddMsgList; false for what carries no id or no chat and so cannot be stored.
func incomingOf(o object, self string, now time.Time) (Incoming, bool) {
	from, to := o.str("FromUserName"), o.str("ToUserName")
	in := Incoming{MsgID: messageID(o), Raw: o.str("Content"), At: time.Unix(o.num("CreateTime"), 0).UTC()}
	if o.num("CreateTime") == 0 {
		in.At = now
	}
	in.FromSelf = from == self || from == ""
	in.Chat = from
	if in.FromSelf {
		in.Chat = to
	}
	if in.MsgID == "" || in.Chat == "" {
		return in, false
	}
	content := in.Raw
	if strings.HasPrefix(from, "@@") {
		in.Sender, content = splitGroup(content)
	}
	in.Text = decodeText(content)
	in.classify(o, content)
	in.ChatKind = kindOfName(in.Chat, self)
	if f := in.Extra.Friend; f != nil {
		in.Chat, in.ChatKind = f.UserName, ContactStranger
	}
	return in, true
}

// messageID is the same number in two fields.
func messageID(o object) string {
	for _, key := range []string{"MsgId", "NewMsgId"} {
		if id := o.str(key); id != "" && id != "0" {
			return id
		}
	}
	return ""
}

// classify sets Kind, and Text and Extra where they do not stand in the content.
func (in *Incoming) classify(o object, content string) {
	switch o.num("MsgType") {
	case typeText:
		in.Kind = KindText
		switch {
		case o.num("SubMsgType") == typeLocation, strings.Contains(o.str("Url"), "apis.map.qq.com"):
			in.Kind = KindLocation
		case strings.HasPrefix(in.Text, "[收到一条网页版微信暂不支持的消息类型"), in.Text == "该类型暂不支持，请在手机上查看":
			in.Kind = KindUnsupported
		default:
			in.Extra.Quote, in.Text = splitQuote(in.Text)
		}
	case typeImage:
		in.Kind = KindImage
	case typeVoice:
		in.Kind = KindVoice
	case typeVideo, typeMicroVideo:
		in.Kind = KindVideo
	case typeSticker:
		in.Kind = KindSticker
	case typeLocation:
		in.Kind = KindLocation
	case typeCard:
		in.Kind = KindCard
	case typeApp:
		in.app(o, content)
	case typeFriendRequest:
		r := parseObject(o["RecommendInfo"])
		in.Kind = KindFriendRequest
		in.Text = decodeText(r.str("Content"))
		if user := r.str("UserName"); user != "" {
			in.Extra.Friend = &FriendRequest{
				UserName: user, Nick: decodeText(r.str("NickName")), Greeting: in.Text, Ticket: r.str("Ticket"),
			}
		}
	case typeStatus:
		in.Kind = KindStatus
	case typeSystem, typeNotice:
		in.Kind = KindSystem
		if strings.HasPrefix(in.Text, "收到红包") || strings.HasPrefix(in.Text, "发出红包") {
			in.Kind = KindRedPacket
		}
	case typeRecall:
		in.Kind = KindRecall
	default:
		in.Kind = KindUnsupported
	}
	if in.Kind != KindText && in.Kind != KindSystem && in.Kind != KindFriendRequest && in.Kind != KindRedPacket && in.Kind != KindUnsupported {
		in.Text = ""
	}
	in.Extra.Media = o.str("MediaId")
}

func (in *Incoming) app(o object, content string) {
	switch o.num("AppMsgType") {
	case appFile:
		in.Kind, in.Extra.Name, in.Extra.Size = KindFile, decodeText(o.str("FileName")), o.num("FileSize")
		in.Extra.Encrypted = o.str("EncryFileName")
	case appLink:
		in.Kind = KindLink
	case appLocation:
		in.Kind = KindLocation
	case appTransfer:
		in.Kind = KindTransfer
	case appPacket:
		in.Kind = KindRedPacket
	case appQuote:
		m := decodeApp(content)
		in.Kind, in.Text, in.Extra.Quote = KindText, m.Title, m.Refer
	default:
		in.Kind = KindUnsupported
	}
}

// syncKey reads a key; nil when it is empty or not made of numbers. The library trusts its Count.
func (o object) syncKey(key string) *openwechat.SyncKey {
	list := parseObject(o[key]).list("List")
	k := &openwechat.SyncKey{Count: len(list)}
	for _, e := range list {
		n, err := strconv.ParseInt(e.str("Key"), 10, 64)
		v, err2 := strconv.ParseInt(e.str("Val"), 10, 64)
		if err != nil || err2 != nil {
			return nil
		}
		k.List = append(k.List, struct{ Key, Val int64 }{n, v})
	}
	if k.Count == 0 {
		return nil
	}
	return k
}

// encodeKey writes a key the way synccheck wants it, "" for none.
func encodeKey(k *openwechat.SyncKey) string {
	if k == nil {
		return ""
	}
	parts := make([]string, len(k.List))
	for i, e := range k.List {
		parts[i] = fmt.Sprintf("%d_%d", e.Key, e.Val)
	}
	return strings.Join(parts, "|")
}

// withQuery replaces one query parameter of a URL.
func withQuery(u *url.URL, key, value string) *url.URL {
	v := *u
	q := v.Query()
	q.Set(key, value)
	v.RawQuery = q.Encode()
	return &v
}
