package bot

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"xianjie/wechatsim"
)

// nowhere is a Store that keeps the session and forgets everything else.
type nowhere struct{ blob []byte }

func (n *nowhere) LoadSession(context.Context, string) ([]byte, error) { return n.blob, nil }

func (n *nowhere) SaveSession(_ context.Context, _ string, blob []byte) error {
	n.blob = blob
	return nil
}
func (*nowhere) BeginLogin(context.Context, string, string) error          { return nil }
func (*nowhere) Receive(context.Context, string, string, []Incoming) error { return nil }
func (*nowhere) Contacts(context.Context, string, string, []Contact) error { return nil }
func (*nowhere) ContactsChanged(context.Context, string, string, []Contact, []string) error {
	return nil
}

// syncReply is a webwxsync reply with n messages as WeChat sends them, with all their fields.
func syncReply(n int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"BaseResponse":{"Ret":0,"ErrMsg":""},"AddMsgCount":%d,"AddMsgList":[`, n)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"MsgId":"12345678901234%05d","FromUserName":"@%064x","ToUserName":"@%064x","MsgType":1,
			"Content":"2016%05d 林同学<br/>我去 &lt;北京&gt; 读研 <span class=\"emoji emoji1f604\"></span>","Status":3,"ImgStatus":1,"CreateTime":1592625600,
			"VoiceLength":0,"PlayLength":0,"FileName":"","FileSize":"","MediaId":"","Url":"","AppMsgType":0,"StatusNotifyCode":0,"StatusNotifyUserName":"",
			"RecommendInfo":{"UserName":"","NickName":"","QQNum":0,"Province":"","City":"","Content":"","Signature":"","Alias":"","Scene":0,"VerifyFlag":0,"AttrStatus":0,"Sex":0,"Ticket":"","OpCode":0},
			"ForwardFlag":0,"AppInfo":{"AppID":"","Type":0},"HasProductId":0,"Ticket":"","ImgHeight":0,"ImgWidth":0,"SubMsgType":0,"NewMsgId":12345678901234%05d,"OriContent":"","EncryFileName":""}`,
			i, i, 1, i, i)
	}
	b.WriteString(`],"SyncKey":{"Count":1,"List":[{"Key":1,"Val":636000001}]},"SyncCheckKey":{"Count":1,"List":[{"Key":1,"Val":636000001}]}}`)
	return []byte(b.String())
}

func BenchmarkSync100(b *testing.B) {
	body := syncReply(100)
	w := &wire{
		store: &nowhere{}, now: time.Now, log: slog.New(slog.DiscardHandler), self: "@me",
		stored: func() {}, seen: func(bool) {},
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		w.key, w.idle = "", 0
		if _, err := w.sync(b.Context(), body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecognise5000(b *testing.B) {
	c := newCrowd(1, 5000)
	b.ReportAllocs()
	for b.Loop() {
		if r := Recognise(c.known, c.seen); len(r.Matches) == 0 {
			b.Fatal("nobody")
		}
	}
}

// BenchmarkOnline5000 reports what an account with 5,000 contacts keeps in memory while it is online, and what it
// allocates to get there. The server shares the process; what it keeps is measured apart.
func BenchmarkOnline5000(b *testing.B) {
	sim := wechatsim.New(wechatsim.Options{})
	phone := sim.AddAccount("main", "衔接小助手")
	for i := range 5000 {
		phone.AddFriend(sim.AddPerson(fmt.Sprint("p", i), wechatsim.Profile{Nick: fmt.Sprint("同学", i), Signature: "毕业快乐"}))
	}
	sim.AutoConfirm(phone)
	var kept, spent int64
	for b.Loop() {
		k, s := memoryOnline(b, sim.Transport())
		kept, spent = kept+k, spent+s
	}
	b.ReportMetric(float64(kept)/float64(b.N), "B-kept")
	b.ReportMetric(float64(spent)/float64(b.N), "B-allocated")
}

func memoryOnline(b *testing.B, transport http.RoundTripper) (kept, spent int64) {
	ready := make(chan struct{})
	a, err := New(Config{Name: "main", Store: &nowhere{}, Transport: transport, OnState: func(s State) {
		if s.Ready {
			close(ready)
		}
	}})
	if err != nil {
		b.Fatal(err)
	}
	_, before := heap()
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- a.Run(ctx) }()
	<-ready
	online, after := heap()
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	runtime.KeepAlive(a)
	a = nil
	offline, _ := heap()
	return online - offline, after - before
}

// heap is what is in use after a collection, and all that was ever allocated.
func heap() (inUse, total int64) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), int64(m.TotalAlloc)
}
