package bot

import (
	"testing"
	"unicode/utf8"
)

func TestDecodeText(t *testing.T) {
	for _, c := range []struct{ name, wire, want string }{
		{"plain", "你好", "你好"},
		{"nothing", "", ""},
		{"entities", "a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;", `a <b> & "c" 'd'`},
		{"unescaped once only", "&amp;lt;br/&amp;gt;", "&lt;br/&gt;"},
		{"line breaks", "一<br/>二<br/><br/>三", "一\n二\n\n三"},
		{"line break after a colon", "todo:<br/>buy", "todo:\nbuy"},
		{"typed line break", "&lt;br/&gt;", "<br/>"},
		{"emoji", `好<span class="emoji emoji1f604"></span>`, "好😄"},
		{"emoji beside entities", `&lt;<span class="emoji emoji2764"></span>&gt;`, "<❤>"},
		{"flag", `<span class="emoji emoji1f1e81f1f3"></span>`, "🇨🇳"},
		{"keycap", `<span class="emoji emoji003120e3"></span>`, "1⃣"},
		{"typed span", `&lt;span class=&quot;emoji emoji1f604&quot;&gt;&lt;/span&gt;`, `<span class="emoji emoji1f604"></span>`},
		{"beyond Unicode", `<span class="emoji emojiffffff"></span>`, "�"},
		{"half a surrogate pair", `<span class="emoji emojid83d"></span>`, "�"},
		{"more digits than any code point", `<span class="emoji emojifffffffffffffffff"></span>`, "�"},
		{"no digits", `<span class="emoji emoji"></span>`, `<span class="emoji emoji"></span>`},
		{"not UTF-8", "a\xffb", "a�b"},
		{"built-in face", "[微笑]", "[微笑]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := decodeText(c.wire); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestSplitGroup(t *testing.T) {
	for _, c := range []struct{ name, wire, sender, text string }{
		{"member", "@abc123:<br/>好", "@abc123", "好"},
		{"member with a fixed name", "wxid_1-2:<br/>好", "wxid_1-2", "好"},
		{"only the first", "@a:<br/>b:<br/>c", "@a", "b:<br/>c"},
		{"system line", `"甲"邀请"乙"加入了群聊`, "", `"甲"邀请"乙"加入了群聊`},
		{"location", "@a:<br/>图书馆:<br/>/cgi-bin/x", "@a", "图书馆:<br/>/cgi-bin/x"},
		{"no break", "@a: 好", "", "@a: 好"},
		{"nothing", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if sender, text := splitGroup(c.wire); sender != c.sender || text != c.text {
				t.Errorf("%q %q, want %q %q", sender, text, c.sender, c.text)
			}
		})
	}
}

func TestSplitQuote(t *testing.T) {
	const line = "\n- - - - - - - - - - - - - - -\n"
	for _, c := range []struct{ name, text, quote, reply string }{
		{"quote", "「甲：乙」" + line + "2", "甲：乙", "2"},
		{"several lines", "「甲：乙\n丙」" + line + "2\n3", "甲：乙\n丙", "2\n3"},
		{"brackets inside", "「甲：「乙」」" + line + "2", "甲：「乙」", "2"},
		{"quote of a quote", "「甲：「乙：丙」" + line + "丁」" + line + "2", "甲：「乙：丙」" + line + "丁", "2"},
		{"nothing said", "「甲：乙」" + line, "甲：乙", ""},
		{"only brackets", "「甲」", "", "「甲」"},
		{"a line of one's own", "甲" + line + "乙", "", "甲" + line + "乙"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if quote, reply := splitQuote(c.text); quote != c.quote || reply != c.reply {
				t.Errorf("%q %q, want %q %q", quote, reply, c.quote, c.reply)
			}
		})
	}
}

func TestDecodeApp(t *testing.T) {
	for _, c := range []struct{ name, content, title, refer string }{
		{"quote", `&lt;msg&gt;&lt;appmsg&gt;&lt;title&gt;a &amp;amp; b&lt;/title&gt;&lt;refermsg&gt;&lt;content&gt;&amp;lt;c&amp;gt;&lt;/content&gt;&lt;/refermsg&gt;&lt;/appmsg&gt;&lt;/msg&gt;`, "a & b", "<c>"},
		{"line breaks between", `&lt;msg&gt;<br/>&lt;appmsg&gt;<br/>&lt;title&gt;a&lt;/title&gt;&lt;/appmsg&gt;&lt;/msg&gt;`, "a", ""},
		{"not XML", "abc", "", ""},
		{"cut off", "&lt;msg&gt;&lt;appmsg&gt;&lt;title&gt;a", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if m := decodeApp(c.content); m.Title != c.title || m.Refer != c.refer {
				t.Errorf("%+v", m)
			}
		})
	}
}

func FuzzDecodeText(f *testing.F) {
	f.Add(`a&lt;b<br/><span class="emoji emoji1f1e81f1f3"></span>`)
	f.Add("&amp;#x1f604;\xff<span class=\"emoji emojid83d\"></span>")
	f.Fuzz(func(t *testing.T, s string) {
		text := decodeText(s)
		if !utf8.ValidString(text) {
			t.Errorf("%q becomes %q, which is not UTF-8", s, text)
		}
		sender, rest := splitGroup(s)
		if len(sender)+len(rest) > len(s) {
			t.Errorf("%q parts into more than itself", s)
		}
		splitQuote(text)
		decodeApp(s)
	})
}
