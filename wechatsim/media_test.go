package wechatsim_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/wechatsim"
)

type uploadReply struct {
	base
	MediaId string
}

// ticket is webwx_data_ticket as the jar has it for the file host.
func (c *web) ticket() string {
	for _, k := range c.http.Jar.Cookies(&url.URL{Scheme: "https", Host: "file." + c.domain, Path: "/"}) {
		if k.Name == "webwx_data_ticket" {
			return k.Value
		}
	}
	return ""
}

// uploadChunk sends one piece of a file; chunks 0: the whole of it.
func (c *web) uploadChunk(name string, whole, piece []byte, chunk, chunks int, more map[string]any) (reply, uploadReply) {
	c.t.Helper()
	sum := md5.Sum(whole)
	req := map[string]any{
		"UploadType": 2, "ClientMediaId": 1, "TotalLen": len(whole), "StartPos": 0, "DataLen": len(whole), "MediaType": 4,
		"FromUserName": c.self, "ToUserName": "filehelper", "FileMd5": hex.EncodeToString(sum[:]),
		"BaseRequest": map[string]any{"Uin": c.page.Uin, "Sid": c.page.Sid, "Skey": c.page.Skey, "DeviceID": "e1"},
	}
	for k, v := range more {
		req[k] = v
	}
	encoded, _ := json.Marshal(req)
	fields := map[string]string{
		"id": "WU_FILE_0", "name": name, "size": fmt.Sprint(len(whole)), "mediatype": "doc", "uploadmediarequest": string(encoded),
		"webwx_data_ticket": c.ticket(), "pass_ticket": c.page.PassTicket,
	}
	if chunks > 0 {
		fields["chunks"], fields["chunk"] = fmt.Sprint(chunks), fmt.Sprint(chunk)
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for k, v := range fields {
		_ = form.WriteField(k, v)
	}
	part, _ := form.CreateFormFile("filename", name)
	_, _ = part.Write(piece)
	_ = form.Close()
	r := c.request(http.MethodPost, c.on("file.", "webwxuploadmedia", "f", "json"), &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	got, err := c.try(r)
	if err != nil {
		c.t.Fatal(err)
	}
	var v uploadReply
	_ = json.Unmarshal([]byte(got.body), &v) // not JSON where the status says so
	return got, v
}

const chunkSize = 512 << 10

// upload sends a file the way clients do and returns its MediaId.
func (c *web) upload(name string, data []byte, more map[string]any) string {
	c.t.Helper()
	chunks := (len(data) + chunkSize - 1) / chunkSize
	if chunks == 1 {
		_, v := c.uploadChunk(name, data, data, 0, 0, more)
		return v.MediaId
	}
	id := ""
	for i := range chunks {
		if id != "" {
			c.t.Fatal("a MediaId before the last chunk")
		}
		_, v := c.uploadChunk(name, data, data[i*chunkSize:min((i+1)*chunkSize, len(data))], i, chunks, more)
		if v.BaseResponse.Ret != 0 {
			c.t.Fatalf("chunk %d: %+v", i, v)
		}
		id = v.MediaId
	}
	return id
}

func (c *web) sendMedia(endpoint string, msg map[string]any) sendReply {
	c.t.Helper()
	whole := map[string]any{"FromUserName": c.self, "LocalID": "5", "ClientMsgId": 5} // a number, as some clients send it
	for k, v := range msg {
		whole[k] = v
	}
	var r sendReply
	c.post(endpoint, map[string]any{"Scene": 0, "Msg": whole}, &r)
	return r
}

func (c *web) sendImage(to string, jpeg []byte) sendReply {
	c.t.Helper()
	return c.sendMedia("webwxsendmsgimg?fun=async&f=json", map[string]any{"Type": 3, "ToUserName": to, "MediaId": c.upload("a.jpg", jpeg, nil)})
}

func TestSendMedia(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 70_000) // three chunks
	for _, tt := range []struct {
		name, endpoint string
		data           []byte
		msg            func(id string) map[string]any
		sent           int
		kind           wechatsim.Kind
	}{
		{"image", "webwxsendmsgimg", []byte("jpeg"), func(id string) map[string]any { return map[string]any{"MediaId": id} }, 3, wechatsim.KindImage},
		{"image in chunks", "webwxsendmsgimg", big, func(id string) map[string]any { return map[string]any{"MediaId": id} }, 3, wechatsim.KindImage},
		{"video", "webwxsendvideomsg", []byte("mp4"), func(id string) map[string]any { return map[string]any{"MediaId": id} }, 43, wechatsim.KindVideo},
		{"sticker", "webwxsendemoticon", []byte("gif"), func(id string) map[string]any { return map[string]any{"MediaId": id, "EmojiFlag": 2} }, 47, wechatsim.KindSticker},
		{"file", "webwxsendappmsg", []byte("pdf"), func(id string) map[string]any {
			return map[string]any{"Content": `<appmsg appid="wxeb7ec651dd0aefa9" sdkver=""><title>名单.pdf</title><des></des><type>6</type><appattach><totallen>3</totallen><attachid>` + id + `</attachid><fileext>pdf</fileext></appattach></appmsg>`}
		}, 49, wechatsim.KindFile},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := logIn(t, w).caughtUp()
				msg := tt.msg(c.upload("名单.pdf", tt.data, nil))
				msg["ToUserName"] = w.to(w.lin)
				if r := c.sendMedia(tt.endpoint, msg); r.BaseResponse.Ret != 0 || r.MsgID == "" {
					t.Fatalf("%+v", r)
				}
				got := w.lin.Received(w.account)
				if len(got) != 1 || got[0].Kind != tt.kind || !bytes.Equal(got[0].Data, tt.data) || (tt.kind == wechatsim.KindFile) != (got[0].Name == "名单.pdf") {
					t.Errorf("arrived: %d, %s %q", len(got), got[0].Kind, got[0].Name)
				}
				if sent := w.Ledger()[0]; sent.Type != tt.sent || !bytes.Equal(sent.Data, tt.data) || sent.ClientMsgID != "5" {
					t.Errorf("ledger: %d %q", sent.Type, sent.Name)
				}
				msg = tt.msg("@crypt_nothing")
				msg["ToUserName"] = w.to(w.lin)
				if r := c.sendMedia(tt.endpoint, msg); r.BaseResponse.Ret != 1 {
					t.Errorf("with an unknown MediaId: %+v", r)
				}
			})
		})
	}
}

func TestUploadRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := logIn(t, newWorld(t, wechatsim.Options{}))
		long := make([]byte, chunkSize+1)
		if _, v := c.uploadChunk("a.bin", long, long, 0, 0, nil); v.BaseResponse.Ret != 1 || v.MediaId != "" {
			t.Errorf("too large for one piece: %+v", v)
		}
		if _, v := c.uploadChunk("a.bin", long, long[:1], 1, 2, nil); v.BaseResponse.Ret != 1 {
			t.Errorf("second chunk first: %+v", v)
		}
		if _, v := c.uploadChunk("a.bin", []byte("abc"), []byte("ab"), 0, 0, nil); v.BaseResponse.Ret != 1 {
			t.Errorf("shorter than it says: %+v", v)
		}
		c.page.Skey = "@crypt_0"
		if _, v := c.uploadChunk("a.bin", []byte("abc"), []byte("abc"), 0, 0, nil); v.BaseResponse.Ret != -14 {
			t.Errorf("other skey: %+v", v)
		}
		c.http.Jar = nil
		r := c.request(http.MethodPost, c.on("file.", "webwxuploadmedia"), strings.NewReader("no form"))
		if got, err := c.try(r); err != nil || !strings.Contains(got.body, `"Ret":1,`) {
			t.Errorf("no form: %v, %s", err, got.body)
		}
	})
}

func TestLargeFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w)
		data := make([]byte, 25<<20+1)
		sum := md5.Sum(data)
		if r, _ := c.uploadChunk("大.zip", data, data[:chunkSize], 0, 51, nil); r.status != http.StatusPaymentRequired {
			t.Errorf("without webwxcheckupload: status %d, want 402", r.status)
		}
		check := map[string]any{"FileMd5": hex.EncodeToString(sum[:]), "FileName": "大.zip", "FileSize": len(data), "FileType": 7}
		var permit struct {
			base
			MediaId, AESKey, Signature string
		}
		c.post("webwxcheckupload", check, &permit)
		if permit.MediaId != "" || permit.AESKey == "" || permit.Signature == "" {
			t.Fatalf("%+v", permit)
		}
		id := c.upload("大.zip", data, map[string]any{"AESKey": permit.AESKey, "Signature": permit.Signature})
		send := func(signature string) int {
			return c.sendMedia("webwxsendappmsg", map[string]any{
				"ToUserName": w.to(w.lin), "Signature": signature,
				"Content": "<appmsg><title>大.zip</title><type>6</type><appattach><attachid>" + id + "</attachid></appattach></appmsg>",
			}).BaseResponse.Ret
		}
		if send("") != 1 || send(permit.Signature) != 0 || len(w.lin.Received(w.account)[0].Data) != len(data) {
			t.Error("the app message of a large file needs its signature")
		}
		signature := permit.Signature
		c.post("webwxcheckupload", check, &permit)
		if permit.MediaId != id || permit.Signature != signature {
			t.Errorf("asked again: %+v, want %s", permit, id)
		}
	})
}

func TestDownload(t *testing.T) {
	for _, tt := range []struct {
		name, endpoint, id string
		content            wechatsim.Content
		contentType        string
	}{
		{"image", "webwxgetmsgimg", "MsgID", wechatsim.Image([]byte("abcdef")), "image/jpeg"},
		{"voice", "webwxgetvoice", "msgid", wechatsim.Voice([]byte("abcdef"), time.Second), "audio/mp3"},
		{"video", "webwxgetvideo", "msgid", wechatsim.Video([]byte("abcdef"), time.Second), "video/mp4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := logIn(t, w)
				address := c.base(tt.endpoint, tt.id, w.lin.Send(w.account, tt.content), "skey", c.page.Skey)
				if r := c.get(address); r.status != http.StatusOK || r.body != "abcdef" || r.header.Get("Content-Type") != tt.contentType {
					t.Errorf("%+v", r)
				}
				for asked, want := range map[string]string{"bytes=0-": "abcdef", "bytes=2-3": "cd"} {
					req := c.request(http.MethodGet, address, nil)
					req.Header.Set("Range", asked)
					if r, err := c.try(req); err != nil || r.status != http.StatusPartialContent || r.body != want {
						t.Errorf("%s: %v %+v", asked, err, r)
					}
				}
				if r := c.get(c.base(tt.endpoint, tt.id, "1", "skey", c.page.Skey)); !strings.Contains(r.body, `"Ret":1,`) {
					t.Errorf("unknown message: %+v", r)
				}
			})
		})
	}
}

func TestDownloadFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		w.lin.Send(w.account, wechatsim.File("介绍信.pdf", []byte("%PDF-made-up")))
		m := c.one()
		query := []string{"sender", m.FromUserName, "mediaid", m.MediaId, "encryfilename", m.EncryFileName, "fromuser", fmt.Sprint(c.page.Uin), "webwx_data_ticket", c.ticket()}
		if r := c.get(c.on("file.", "webwxgetmedia", query...)); r.body != "%PDF-made-up" {
			t.Errorf("%+v", r)
		}
		query[len(query)-1] = "wrong"
		if r := c.get(c.on("file.", "webwxgetmedia", query...)); !strings.Contains(r.body, `"Ret":-14`) {
			t.Errorf("with a wrong ticket: %+v", r)
		}
	})
}
