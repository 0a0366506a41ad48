package bot

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2020, 6, 20, 4, 0, 0, 0, time.UTC)

func TestReadingFields(t *testing.T) {
	o := parseObject([]byte(`{
		"s": "文", "n": 12, "neg": -1, "big": 9223372036854775807, "digits": "345", "float": 1.5, "t": true, "null": null,
		"o": {"a": 1}, "l": [1, {"a": 2}, null, "x", {"a": "3"}], "e": "\u4f60\n", "bad": "\ud800"
	}`))
	for _, c := range []struct {
		key string
		str string
		num int64
	}{
		{"s", "文", 0},
		{"n", "12", 12},
		{"neg", "-1", -1},
		{"big", "9223372036854775807", 9223372036854775807},
		{"digits", "345", 345},
		{"float", "1.5", 0},
		{"t", "", 0},
		{"null", "", 0},
		{"o", "", 0},
		{"l", "", 0},
		{"e", "你\n", 0},
		{"bad", "�", 0},
		{"absent", "", 0},
	} {
		if s, n := o.str(c.key), o.num(c.key); s != c.str || n != c.num {
			t.Errorf("%s: %q and %d, want %q and %d", c.key, s, n, c.str, c.num)
		}
	}
	if l := o.list("l"); len(l) != 2 || l[0].num("a") != 2 || l[1].num("a") != 3 {
		t.Errorf("list: %v", l)
	}
	for _, key := range []string{"s", "o", "null", "absent"} {
		if l := o.list(key); l != nil {
			t.Errorf("%s as a list: %v", key, l)
		}
	}
	for _, text := range []string{"", "null", "[]", "1", "<html>", `{"a":`} {
		if o := parseObject([]byte(text)); o.str("a") != "" || o.num("a") != 0 || o.list("a") != nil {
			t.Errorf("%q is read as %v", text, o)
		}
	}
}

func TestSyncKey(t *testing.T) {
	for _, c := range []struct{ name, key, want string }{
		{"as it should be", `{"Count":2,"List":[{"Key":1,"Val":636},{"Key":1000,"Val":146}]}`, "1_636|1000_146"},
		{"count too small", `{"Count":1,"List":[{"Key":1,"Val":636},{"Key":2,"Val":1}]}`, "1_636|2_1"},
		{"count too large", `{"Count":9,"List":[{"Key":1,"Val":636}]}`, "1_636"},
		{"count of another type", `{"Count":"x","List":[{"Key":1,"Val":636}]}`, "1_636"},
		{"numbers as text", `{"Count":1,"List":[{"Key":"1","Val":"636"}]}`, "1_636"},
		{"empty", `{"Count":0,"List":[]}`, ""},
		{"list of another type", `{"Count":1,"List":{}}`, ""},
		{"no numbers", `{"Count":1,"List":[{"Key":1,"Val":"abc"}]}`, ""},
		{"too large a number", `{"Count":1,"List":[{"Key":1,"Val":9223372036854775808}]}`, ""},
		{"null", `null`, ""},
		{"text", `"1_2"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := object{"SyncKey": json.RawMessage(c.key)}.syncKey("SyncKey")
			if got := encodeKey(k); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if k != nil && k.Count != len(k.List) {
				t.Errorf("count %d for %d entries", k.Count, len(k.List))
			}
		})
	}
}

func TestIncomingOf(t *testing.T) {
	const self = "@me"
	at := time.Unix(1592625600, 0).UTC()
	for _, c := range []struct {
		name, json string
		want       Incoming
		refused    bool
	}{
		{
			name: "text", json: `{"MsgId":"1","FromUserName":"@a","ToUserName":"@me","MsgType":1,"Content":"好&amp;","CreateTime":1592625600}`,
			want: Incoming{MsgID: "1", Chat: "@a", ChatKind: ContactStranger, Kind: KindText, Text: "好&", Raw: "好&amp;", At: at},
		},
		{
			name: "numbers as text, text as numbers", json: `{"MsgId":1234567890123456789,"FromUserName":"@a","MsgType":"1","Content":42,"CreateTime":"1592625600"}`,
			want: Incoming{MsgID: "1234567890123456789", Chat: "@a", ChatKind: ContactStranger, Kind: KindText, Text: "42", Raw: "42", At: at},
		},
		{
			name: "only the new id", json: `{"NewMsgId":77,"MsgId":"","FromUserName":"@a","MsgType":1,"Content":"x"}`,
			want: Incoming{MsgID: "77", Chat: "@a", ChatKind: ContactStranger, Kind: KindText, Text: "x", Raw: "x", At: noon},
		},
		{
			name: "everything else of another type", json: `{"MsgId":"1","FromUserName":"@a","MsgType":{},"Content":["x"],"CreateTime":null,"AppMsgType":"y","RecommendInfo":3,"MediaId":5}`,
			want: Incoming{MsgID: "1", Chat: "@a", ChatKind: ContactStranger, Kind: KindUnsupported, Extra: Extra{Media: "5"}, At: noon},
		},
		{
			name: "from nobody: written on the phone", json: `{"MsgId":"1","FromUserName":"","ToUserName":"@b","MsgType":1,"Content":"x"}`,
			want: Incoming{MsgID: "1", Chat: "@b", FromSelf: true, ChatKind: ContactStranger, Kind: KindText, Text: "x", Raw: "x", At: noon},
		},
		{
			name: "group", json: `{"MsgId":"1","FromUserName":"@@g","ToUserName":"@me","MsgType":1,"Content":"@m:<br/>a:<br/>b"}`,
			want: Incoming{MsgID: "1", Chat: "@@g", Sender: "@m", ChatKind: ContactGroup, Kind: KindText, Text: "a:\nb", Raw: "@m:<br/>a:<br/>b", At: noon},
		},
		{
			name: "friend request", json: `{"MsgId":"1","FromUserName":"fmessage","MsgType":37,"Content":"&lt;msg/&gt;","RecommendInfo":{"UserName":"@n","NickName":"小&lt;周&gt;","Content":"我是 &amp; 周","Ticket":"v4_x"}}`,
			want: Incoming{
				MsgID: "1", Chat: "@n", ChatKind: ContactStranger, Kind: KindFriendRequest, Text: "我是 & 周", Raw: "&lt;msg/&gt;", At: noon,
				Extra: Extra{Friend: &FriendRequest{UserName: "@n", Nick: "小<周>", Greeting: "我是 & 周", Ticket: "v4_x"}},
			},
		},
		{
			name: "friend request without a person", json: `{"MsgId":"1","FromUserName":"fmessage","MsgType":37}`,
			want: Incoming{MsgID: "1", Chat: "fmessage", ChatKind: ContactOfficial, Kind: KindFriendRequest, At: noon},
		},
		{
			name: "location", json: `{"MsgId":"1","FromUserName":"@a","MsgType":1,"Url":"http://apis.map.qq.com/x","Content":"图书馆:<br/>/cgi-bin/x"}`,
			want: Incoming{MsgID: "1", Chat: "@a", ChatKind: ContactStranger, Kind: KindLocation, Raw: "图书馆:<br/>/cgi-bin/x", At: noon},
		},
		{
			name: "asking about unsupported messages is a text", json: `{"MsgId":"1","FromUserName":"@a","MsgType":1,"Content":"什么叫暂不支持的消息类型？"}`,
			want: Incoming{MsgID: "1", Chat: "@a", ChatKind: ContactStranger, Kind: KindText, Text: "什么叫暂不支持的消息类型？", Raw: "什么叫暂不支持的消息类型？", At: noon},
		},
		{
			name: "a new friend called 红包", json: `{"MsgId":"1","FromUserName":"@a","MsgType":10000,"Content":"你已添加了红包，现在可以开始聊天了。"}`,
			want: Incoming{MsgID: "1", Chat: "@a", ChatKind: ContactStranger, Kind: KindSystem, Text: "你已添加了红包，现在可以开始聊天了。", Raw: "你已添加了红包，现在可以开始聊天了。", At: noon},
		},
		{
			name: "chat list", json: `{"MsgId":"1","FromUserName":"@me","ToUserName":"@me","MsgType":51,"Content":"&lt;msg&gt;"}`,
			want: Incoming{MsgID: "1", Chat: "@me", FromSelf: true, ChatKind: ContactSelf, Kind: KindStatus, Raw: "&lt;msg&gt;", At: noon},
		},
		{name: "no id", json: `{"FromUserName":"@a","MsgType":1}`, refused: true},
		{name: "no chat", json: `{"MsgId":"1","MsgType":1}`, refused: true},
		{name: "empty", json: `{}`, refused: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := incomingOf(parseObject([]byte(c.json)), self, noon)
			if ok == c.refused {
				t.Fatalf("read: %v", ok)
			}
			if d := cmp.Diff(c.want, got); ok && d != "" {
				t.Error(d)
			}
		})
	}
}

func TestContactOf(t *testing.T) {
	for _, c := range []struct {
		name, json string
		want       Contact
	}{
		{
			"friend", `{"UserName":"@a","NickName":"A&amp;B <span class=\"emoji emoji1f1e81f1f3\"></span>","RemarkName":"林&lt;1&gt;","Sex":"1","HeadImgUrl":"/webwxgeticon?seq=620&username=@a","VerifyFlag":0,"City":"江北"}`,
			Contact{UserName: "@a", Kind: ContactFriend, Nick: "A&B 🇨🇳", Remark: "林<1>", Sex: 1, Avatar: "620", City: "江北"},
		},
		{"avatar later in the query", `{"UserName":"@a","HeadImgUrl":"/x?username=@a&seq=7&skey="}`, Contact{UserName: "@a", Kind: ContactFriend, Avatar: "7"}},
		{"official 8", `{"UserName":"@a","VerifyFlag":8}`, Contact{UserName: "@a", Kind: ContactOfficial}},
		{"official 29", `{"UserName":"@a","VerifyFlag":29}`, Contact{UserName: "@a", Kind: ContactOfficial}},
		{"official as text", `{"UserName":"@a","VerifyFlag":"24"}`, Contact{UserName: "@a", Kind: ContactOfficial}},
		{"group", `{"UserName":"@@g","NickName":"毕业班","MemberList":"odd"}`, Contact{UserName: "@@g", Kind: ContactGroup, Nick: "毕业班"}},
		{"helper", `{"UserName":"filehelper"}`, Contact{UserName: "filehelper", Kind: ContactOfficial}},
		{"self", `{"UserName":"@me"}`, Contact{UserName: "@me", Kind: ContactSelf}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, contactOf(parseObject([]byte(c.json)), "@me")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWithQuery(t *testing.T) {
	u, err := url.Parse("https://webpush.wx2.qq.com/synccheck?a=1&synckey=1_2%7C3_4")
	if err != nil {
		t.Fatal(err)
	}
	v := withQuery(u, "synckey", "1_9|3_9")
	if v.Query().Get("synckey") != "1_9|3_9" || v.Query().Get("a") != "1" || u.Query().Get("synckey") != "1_2|3_4" {
		t.Errorf("%s from %s", v, u)
	}
}

func FuzzIncomingOf(f *testing.F) {
	f.Add([]byte(`{"MsgId":"1","FromUserName":"@@g","MsgType":49,"AppMsgType":57,"Content":"@m:<br/>&lt;msg&gt;&lt;appmsg&gt;&lt;title&gt;a&lt;/title&gt;"}`))
	f.Add([]byte(`{"MsgId":1,"FromUserName":"fmessage","MsgType":37,"RecommendInfo":{"UserName":"@n","Content":3}}`))
	f.Add([]byte(`{"SyncKey":{"Count":1,"List":[{"Key":1,"Val":"2"}]},"UserName":"@x","HeadImgUrl":"?seq=1"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o := parseObject(raw)
		in, ok := incomingOf(o, "@me", noon)
		if ok && (in.MsgID == "" || in.Chat == "" || in.Kind == "" || in.ChatKind == "" || in.At.IsZero()) {
			t.Errorf("%s is taken for %+v", raw, in)
		}
		if !utf8.ValidString(in.Text) || !utf8.ValidString(in.Raw) || !utf8.ValidString(in.Chat) {
			t.Errorf("%s holds text that is not UTF-8", raw)
		}
		contactOf(o, "@me")
		if k := o.syncKey("SyncKey"); k != nil && k.Count != len(k.List) {
			t.Errorf("%s: count %d for %d entries", raw, k.Count, len(k.List))
		}
	})
}
