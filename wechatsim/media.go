package wechatsim

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the protocol's checksum
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"
)

// Sizes of uploads.
const (
	chunkSize  = 512 << 10 // bytes per request
	checkAbove = 25 << 20  // larger files need webwxcheckupload first
)

// media is something stored, uploaded by an account or sent by a person.
type media struct {
	id        string
	name      string
	data      []byte
	sum       string // MD5
	signature string // of large files; their app messages have to repeat it
}

// upload is one file on its way, or the permission to upload a large one.
type upload struct {
	next              int // chunk expected
	data              []byte
	aesKey, signature string
}

// keep stores a file.
func (s *Server) keep(name string, data []byte) *media {
	sum := md5.Sum(data) //nolint:gosec // as above
	f := &media{id: "@crypt_" + s.token(8) + "_" + s.token(64), name: name, data: data, sum: hex.EncodeToString(sum[:])}
	s.media[f.id] = f
	return f
}

// uploadReply is the reply of webwxuploadmedia.
type uploadReply struct {
	BaseResponse      baseResponse
	MediaId           string //nolint:revive // the names are the protocol's
	StartPos          int64
	CDNThumbImgHeight int
	CDNThumbImgWidth  int
	EncryFileName     string
}

// form is a decoded webwxuploadmedia.
type form struct {
	fields map[string]string
	name   string
	piece  []byte
	req    struct {
		BaseRequest   baseRequest
		ClientMediaId flexible //nolint:revive // as above
		TotalLen      int64
		ToUserName    string
		FileMd5       string
		Signature     string
	}
}

func parseForm(c *call) (*form, error) {
	_, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	f := &form{fields: map[string]string{}}
	r := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		if part.FormName() == "filename" {
			f.name, f.piece = part.FileName(), data
		} else {
			f.fields[part.FormName()] = string(data)
		}
	}
	return f, json.Unmarshal([]byte(f.fields["uploadmediarequest"]), &f.req)
}

// webwxuploadmedia takes a file, or one chunk of it.
func (s *Server) webwxuploadmedia(w http.ResponseWriter, c *call) {
	f, err := parseForm(c)
	if err != nil {
		writeJSON(w, failure(c.endpoint, 1))
		return
	}
	ret, status := 0, http.StatusOK
	var reply uploadReply
	s.locked(func() {
		sess, code := s.byCookies(c.r)
		switch {
		case code != 0:
			ret = code
		case f.req.BaseRequest.Sid != sess.sid || int64(f.req.BaseRequest.Uin) != sess.account.uin:
			ret = 1101
		case f.req.BaseRequest.Skey != sess.skey || f.fields["webwx_data_ticket"] != sess.dataTicket:
			ret = -14
		default:
			reply, ret, status = s.takeChunk(sess, f)
		}
	})
	switch {
	case status != http.StatusOK:
		http.Error(w, http.StatusText(status), status)
	case ret != 0:
		writeJSON(w, failure(c.endpoint, ret))
	default:
		writeJSON(w, reply)
	}
}

// takeChunk adds a chunk to the file it belongs to; the last one makes it media.
func (s *Server) takeChunk(sess *session, f *form) (reply uploadReply, ret, status int) {
	chunks, chunk := 1, 0
	if f.fields["chunks"] != "" {
		chunks, _ = strconv.Atoi(f.fields["chunks"])
		chunk, _ = strconv.Atoi(f.fields["chunk"])
	}
	if len(f.piece) > chunkSize || chunk < 0 || chunk >= chunks {
		return reply, 1, http.StatusOK
	}
	signature := ""
	if f.req.TotalLen > checkAbove {
		permit := s.uploads[permitKey(f.req.FileMd5)]
		if permit == nil || f.req.Signature != permit.signature {
			return reply, 0, http.StatusPaymentRequired // as found with such files
		}
		signature = permit.signature
	}
	key := fmt.Sprint(sess.sid, " ", f.req.ClientMediaId, " ", f.req.FileMd5, " ", f.req.ToUserName)
	up := s.uploads[key]
	if chunk == 0 {
		up = &upload{}
		s.uploads[key] = up
	}
	if up == nil || up.next != chunk {
		return reply, 1, http.StatusOK
	}
	up.data, up.next = append(up.data, f.piece...), chunk+1
	reply.StartPos = int64(len(up.data))
	if up.next < chunks {
		return reply, 0, http.StatusOK
	}
	delete(s.uploads, key)
	if int64(len(up.data)) != f.req.TotalLen {
		return reply, 1, http.StatusOK
	}
	file := s.keep(f.name, up.data)
	file.signature = signature
	reply.MediaId, reply.EncryFileName = file.id, f.name
	return reply, 0, http.StatusOK
}

func permitKey(sum string) string { return "permit " + sum }

// webwxcheckupload permits the upload of a large file, or tells that it is stored already.
func (s *Server) webwxcheckupload(c *call) any {
	var req struct {
		FileMd5  string
		FileSize int64
	}
	if !c.decode(&req) || req.FileMd5 == "" {
		return retCode(1)
	}
	reply := struct {
		BaseResponse  baseResponse
		MediaId       string //nolint:revive // as above
		AESKey        string
		Signature     string
		EncryFileName string
	}{}
	for _, f := range s.media {
		if f.sum == req.FileMd5 && int64(len(f.data)) == req.FileSize && f.signature != "" {
			reply.MediaId, reply.Signature = f.id, f.signature
			return reply
		}
	}
	permit := &upload{aesKey: s.token(32), signature: s.token(64)}
	s.uploads[permitKey(req.FileMd5)] = permit
	reply.AESKey, reply.Signature = permit.aesKey, permit.signature
	return reply
}

// webwxgetmedia downloads a file that somebody sent.
func (s *Server) webwxgetmedia(w http.ResponseWriter, c *call) {
	var f *media
	ret := 0
	s.locked(func() {
		var sess *session
		sess, ret = s.byCookies(c.r)
		if ret == 0 && c.query.Get("webwx_data_ticket") != sess.dataTicket {
			ret = -14
		}
		if f = s.media[c.query.Get("mediaid")]; ret == 0 && f == nil {
			ret = 1
		}
	})
	if ret != 0 {
		writeJSON(w, failure(c.endpoint, ret))
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
	_, _ = w.Write(f.data)
}

// webwxgetmsg downloads an image, a voice message or a video by the MsgId of its message.
func (s *Server) webwxgetmsg(w http.ResponseWriter, c *call) {
	id := c.query.Get("MsgID") + c.query.Get("msgid")
	var data []byte
	ret := 0
	s.locked(func() {
		var sess *session
		if sess, ret = s.byCookies(c.r); ret != 0 {
			return
		}
		m := s.messages[id]
		if c.query.Get("skey") != sess.skey {
			ret = -14
		} else if m == nil || !sess.account.concerned(m) {
			ret = 1
		} else {
			data = m.data
		}
	})
	if ret != 0 {
		writeJSON(w, failure(c.endpoint, ret))
		return
	}
	w.Header().Set("Content-Type", map[string]string{
		"webwxgetmsgimg": "image/jpeg", "webwxgetvoice": "audio/mp3", "webwxgetvideo": "video/mp4",
	}[c.endpoint])
	http.ServeContent(w, c.r, "", time.Time{}, bytes.NewReader(data)) // understands Range
}

// concerned reports whether a message is the account's to see.
func (a *Account) concerned(m *message) bool {
	g, ok := m.to.(*Group)
	return m.to == entity(a) || m.from == entity(a) || ok && g.has(a)
}
