package wechatsim

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Content is what somebody sends from a phone. The functions that return it name the kinds.
type Content struct {
	kind    Kind
	text    string
	name    string
	data    []byte
	quote   string
	msgType int
	// fill sets what the wire format of the kind needs besides the type.
	fill func(s *Server, m *message)
}

// Text is what a person types.
func Text(text string) Content {
	return Content{kind: KindText, text: text, msgType: typeText, fill: func(_ *Server, m *message) { m.body = encodeText(text) }}
}

// Quote is a text that quotes another, in the form of most phones: a type 1 text that begins with the quoted one.
func Quote(nick, quoted, text string) Content {
	whole := "「" + nick + "：" + quoted + "」\n- - - - - - - - - - - - - - -\n" + text
	c := Text(whole)
	c.text, c.quote = text, quoted
	return c
}

// QuoteApp is a text that quotes another, in the form of other phones: an app message of type 57.
func QuoteApp(nick, quoted, text string) Content {
	c := app(KindText, appQuote, text, "<refermsg><type>1</type><displayname>"+xmlText(nick)+"</displayname><content>"+xmlText(quoted)+"</content></refermsg>")
	c.quote = quoted
	return c
}

// Image is a picture.
func Image(jpeg []byte) Content {
	return downloadable(KindImage, typeImage, jpeg, fmt.Sprintf(`<msg><img length="%d" hdlength="0" /></msg>`, len(jpeg)),
		func(m *message) { m.extra().ImgHeight, m.extra().ImgWidth = 120, 120 })
}

// Voice is a voice message.
func Voice(mp3 []byte, length time.Duration) Content {
	return downloadable(KindVoice, typeVoice, mp3, fmt.Sprintf(`<msg><voicemsg voicelength="%d" length="%d" /></msg>`, length.Milliseconds(), len(mp3)),
		func(m *message) { m.extra().VoiceLength = int(length.Milliseconds()) })
}

// Video is a video.
func Video(mp4 []byte, length time.Duration) Content {
	return downloadable(KindVideo, typeVideo, mp4, fmt.Sprintf(`<msg><videomsg length="%d" playlength="%d" /></msg>`, len(mp4), int(length.Seconds())),
		func(m *message) { m.extra().PlayLength = int(length.Seconds()) })
}

// Sticker is a sticker. Without data it comes from the store: its content is empty and nobody can download it.
func Sticker(gif []byte) Content {
	if len(gif) == 0 {
		return downloadable(KindSticker, typeSticker, nil, "", func(m *message) { m.extra().HasProductId = 1 })
	}
	return downloadable(KindSticker, typeSticker, gif, fmt.Sprintf(`<msg><emoji md5="%s" len="%d" /></msg>`, digits(32, gif), len(gif)), nil)
}

// File is a file.
func File(name string, data []byte) Content {
	c := app(KindFile, appFile, name, fmt.Sprintf("<appattach><totallen>%d</totallen><fileext>%s</fileext></appattach>", len(data), xmlText(extension(name))))
	c.name, c.data = name, data
	fill := c.fill
	c.fill = func(s *Server, m *message) {
		fill(s, m)
		f := s.keep(name, data)
		m.extra().MediaId, m.extra().EncryFileName = f.id, strings.ReplaceAll(name, " ", "%20")
		m.extra().FileSize = strconv.Itoa(len(data))
	}
	return c
}

// Link is an article or another page.
func Link(title, url string) Content {
	c := app(KindLink, appLink, title, "<url>"+xmlText(url)+"</url>")
	fill := c.fill
	c.fill = func(s *Server, m *message) {
		fill(s, m)
		m.extra().Url = encodeText(url)
	}
	return c
}

// Location is a place on the map.
func Location(label string, lat, lng float64) Content {
	return Content{kind: KindLocation, text: label, msgType: typeText, fill: func(_ *Server, m *message) {
		m.extra().SubMsgType = typeLocation
		m.extra().Url = fmt.Sprintf("http://apis.map.qq.com/uri/v1/geocoder?coord=%f,%f", lat, lng)
		m.body = encodeText(label) + ":<br/>" + prefix + "webwxgetpubliclinkimg?url=xxx&msgid=" + m.msgID() + "&pictype=location"
		m.extra().OriContent = fmt.Sprintf("<?xml version=\"1.0\"?>\n<msg>\n\t<location x=\"%f\" y=\"%f\" scale=\"16\" label=\"%s\" maptype=\"0\" poiname=\"[位置]\" />\n</msg>\n",
			lat, lng, xmlText(label))
	}}
}

// Card recommends a person.
func Card(of *Person) Content {
	return Content{kind: KindCard, text: of.id, msgType: typeCard, fill: func(_ *Server, m *message) {
		m.about = of
		m.extra().RecommendInfo = recommendation(of)
		m.bodyFor = func(name func(entity) string) string {
			return encodeText(fmt.Sprintf("<?xml version=\"1.0\"?>\n<msg username=\"%s\" nickname=\"%s\" imagestatus=\"3\" scene=\"17\" sex=\"%d\" certflag=\"0\" />\n",
				name(of), xmlText(m.extra().RecommendInfo.NickName), m.extra().RecommendInfo.Sex))
		}
	}}
}

// RedPacket is a red packet, of which the web learns no more than that.
func RedPacket() Content {
	return Content{kind: KindRedPacket, msgType: typeSystem, fill: func(_ *Server, m *message) { m.body = "收到红包，请在手机上查看" }}
}

// Unsupported is what the web cannot show, such as a solitaire (接龙).
func Unsupported() Content {
	return Content{kind: KindUnsupported, msgType: typeText, fill: func(_ *Server, m *message) {
		m.body = "[收到一条网页版微信暂不支持的消息类型，请在手机上查看]"
	}}
}

// RawFields are fields of an AddMsgList entry that nothing is done to.
type RawFields struct {
	MsgType, SubMsgType, AppMsgType int
	Content, OriContent, Url        string //nolint:revive // the names are the protocol's
}

// Raw is a message whose fields are given as they go over the wire, with Content already escaped.
func Raw(f RawFields) Content {
	return Content{kind: KindRaw, text: f.Content, msgType: f.MsgType, fill: func(_ *Server, m *message) {
		m.extra().SubMsgType, m.extra().AppMsgType, m.extra().OriContent, m.extra().Url = f.SubMsgType, f.AppMsgType, f.OriContent, f.Url
		m.body = f.Content
	}}
}

// downloadable is content whose bytes are fetched by MsgId.
func downloadable(kind Kind, msgType int, data []byte, body string, more func(*message)) Content {
	return Content{kind: kind, data: data, msgType: msgType, fill: func(_ *Server, m *message) {
		m.body, m.data = encodeText(body), data
		if more != nil {
			more(m)
		}
	}}
}

// app is an app message.
func app(kind Kind, appType int, title, inner string) Content {
	return Content{kind: kind, text: title, msgType: typeApp, fill: func(_ *Server, m *message) {
		m.extra().AppMsgType, m.extra().FileName = appType, encodeText(title)
		m.body = encodeText(fmt.Sprintf("<msg>\n<appmsg appid=\"\" sdkver=\"0\">\n<title>%s</title>\n<type>%d</type>\n%s\n</appmsg>\n</msg>",
			xmlText(title), appType, inner))
	}}
}

func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// extension is a file's, without the dot.
func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[i+1:]
	}
	return ""
}

// compose makes content a message.
func (s *Server) compose(from, to entity, c Content) *message {
	m := s.newMessage(from, to, c.msgType, "")
	c.fill(s, m)
	return m
}

// bubble is how phones show content.
func (c Content) bubble(msgID, from string, at time.Time) Message {
	return Message{MsgID: msgID, At: at, From: from, Kind: c.kind, Text: c.text, Name: c.name, Data: c.data, Quote: c.quote}
}

// recallTime is how long a message can be taken back.
const recallTime = 2 * time.Minute

func (s *Server) tooLate(m *message) bool { return s.opts.Now().Sub(m.at) > recallTime }

// recallOf is the message by which web sessions learn that another was taken back.
func (s *Server) recallOf(old *message, nick string) *message {
	m := s.newMessage(old.from, old.to, typeRecall, "")
	m.bodyFor = func(name func(entity) string) string {
		chat := old.from
		if g, ok := old.to.(*Group); ok {
			chat = g
		}
		inner := fmt.Sprintf(`<sysmsg type="revokemsg"><revokemsg><session>%s</session><oldmsgid>%s</oldmsgid><msgid>%s</msgid>`+
			`<replacemsg><![CDATA["%s" 撤回了一条消息]]></replacemsg></revokemsg></sysmsg>`, name(chat), old.msgID(), old.msgID(), nick)
		return strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(inner)
	}
	return m
}
