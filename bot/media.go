package bot

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the protocol's checksum
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/eatmoreapple/openwechat"
)

// File is a picture or a document, as it is sent.
type File struct {
	Name    string // with its ending, which decides how the phone opens it
	Picture bool   // shown in the chat; else offered for download
	Data    []byte
}

// MaxFile is how large a file is taken in or sent, in bytes.
const MaxFile = 8 << 20

// Errors of files.
var (
	// ErrUpload says that a file did not get as far as being sent: WeChat did not take its content.
	ErrUpload = errors.New("the file could not be uploaded")
	// ErrTooLarge says that a file has more than MaxFile bytes.
	ErrTooLarge = errors.New("the file is too large")
	// ErrEmpty says that a file holds nothing; WeChat answers so as well while it does not have a file yet.
	ErrEmpty = errors.New("the file is empty")
	// ErrNoFile says that WeChat does not hand the file out.
	ErrNoFile = errors.New("WeChat does not hand out the file")
)

// SendFile sends a picture or a document. It is uploaded first; what fails until then certainly was not sent.
func (a *Account) SendFile(ctx context.Context, to Address, f File) (Receipt, error) {
	switch {
	case len(f.Data) == 0:
		return Receipt{}, ErrEmpty
	case len(f.Data) > MaxFile:
		return Receipt{}, ErrTooLarge
	}
	var sent *openwechat.SentMessage
	err := a.with(ctx, to.Login, func(ctx context.Context, s *session) error {
		media, err := s.upload(ctx, to.UserName, f)
		if err != nil {
			return err
		}
		defer s.wire.echoes.begin(to.UserName, "")()
		sent, err = s.sendMedia(ctx, to.UserName, f, media)
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{MsgID: sent.MsgId, At: a.c.Now()}, nil
}

// uploaded is a file that WeChat has taken.
type uploaded struct{ MediaID, Signature string }

// upload hands the content over, in chunks. The library's own way goes through a temporary file, whose path it tells
// WeChat as the name.
func (s *session) upload(ctx context.Context, to string, f File) (uploaded, error) {
	sum := md5.Sum(f.Data) //nolint:gosec // as above
	resp, err := s.lib.Caller.Client.WebWxUploadMediaByChunk(ctx, bytes.NewReader(f.Data), &openwechat.ClientWebWxUploadMediaByChunkOptions{
		FromUserName: s.wire.self, ToUserName: to, BaseRequest: s.lib.Storage.Request, LoginInfo: s.lib.Storage.LoginInfo,
		Filename: f.Name, FileMD5: hex.EncodeToString(sum[:]), FileSize: int64(len(f.Data)), LastModifiedDate: s.a.c.Now(),
	})
	if err != nil {
		return uploaded{}, notUploaded(err)
	}
	defer resp.Body.Close()
	var reply openwechat.UploadResponse
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxReply)).Decode(&reply); err != nil {
		return uploaded{}, fmt.Errorf("%w: %w", ErrUpload, err)
	}
	if err := reply.BaseResponse.Err(); err != nil {
		return uploaded{}, notUploaded(err)
	}
	if reply.MediaId == "" {
		return uploaded{}, fmt.Errorf("%w: the reply names no media", ErrUpload)
	}
	return uploaded{MediaID: reply.MediaId, Signature: reply.Signature}, nil
}

// notUploaded keeps what WeChat says about the session and about sending too much, and calls everything else by its name:
// whatever happened on the way, nothing was sent.
func notUploaded(err error) error {
	var ret openwechat.Ret
	if errors.As(err, &ret) && (lostRet(int64(ret)) || (&Refused{int64(ret)}).TooOften()) {
		return ret
	}
	return fmt.Errorf("%w: %s", ErrUpload, bare(err))
}

func (s *session) sendMedia(ctx context.Context, to string, f File, up uploaded) (*openwechat.SentMessage, error) {
	if f.Picture {
		msg := openwechat.NewMediaSendMessage(openwechat.MsgTypeImage, s.wire.self, to, up.MediaID)
		s.number(msg)
		resp, err := s.lib.Caller.Client.WebWxSendMsgImg(ctx, &openwechat.ClientWebWxSendMsgOptions{
			LoginInfo: s.lib.Storage.LoginInfo, BaseRequest: s.lib.Storage.Request, Message: msg,
		})
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		return (&openwechat.MessageResponseParser{Reader: resp.Body}).SentMessage(msg)
	}
	content, err := appMessage(f, up.MediaID)
	if err != nil {
		return nil, err
	}
	msg := openwechat.NewSendMessage(openwechat.AppMessage, content, s.wire.self, to, "")
	msg.Signature = up.Signature
	s.number(msg)
	return s.lib.Caller.WebWxSendAppMsg(ctx, msg, s.lib.Storage.Request)
}

// number gives a message the id of a send.
func (s *session) number(msg *openwechat.SendMessage) {
	msg.ClientMsgId = s.nextSend()
	msg.LocalID = msg.ClientMsgId
}

// appMessage is the content of a message that offers a file.
func appMessage(f File, mediaID string) (string, error) {
	type attachment struct {
		Size   int    `xml:"totallen"`
		ID     string `xml:"attachid"`
		Ending string `xml:"fileext"`
	}
	b, err := xml.Marshal(struct {
		XMLName xml.Name   `xml:"appmsg"`
		App     string     `xml:"appid,attr"`
		SDK     string     `xml:"sdkver,attr"`
		Title   string     `xml:"title"`
		Des     string     `xml:"des"`
		Action  string     `xml:"action"`
		Type    int        `xml:"type"`
		Content string     `xml:"content"`
		URL     string     `xml:"url"`
		LowURL  string     `xml:"lowurl"`
		Attach  attachment `xml:"appattach"`
		ExtInfo string     `xml:"extinfo"`
	}{
		App: "wxeb7ec651dd0aefa9", Title: f.Name, Type: 6,
		Attach: attachment{Size: len(f.Data), ID: mediaID, Ending: strings.TrimPrefix(path.Ext(f.Name), ".")},
	})
	return string(b), err
}

// Attached says which picture or document of a received message is meant.
type Attached struct {
	Kind   Kind // KindImage or KindFile
	MsgID  string
	Sender string // user name of who sent it
	Extra  Extra
}

// Download fetches a picture or a document of the present login. Its outcome says nothing about anybody's session: what
// cannot be fetched now may be there later (ErrEmpty, ErrOffline), or never (ErrNoFile, ErrStale, ErrTooLarge).
func (a *Account) Download(ctx context.Context, login string, at Attached) ([]byte, error) {
	var data []byte
	err := a.with(ctx, login, func(ctx context.Context, s *session) (err error) {
		data, err = s.download(ctx, at)
		return err
	})
	if unknown := (*Unknown)(nil); errors.As(err, &unknown) { // fetching twice does no harm
		return nil, fmt.Errorf("%w: %w", ErrEmpty, unknown.Err)
	}
	return data, err
}

func (s *session) download(ctx context.Context, at Attached) ([]byte, error) {
	get := s.lib.Caller.Client.WebWxGetMsgImg
	if at.Kind == KindFile {
		get = s.lib.Caller.Client.WebWxGetMedia
	}
	resp, err := get(ctx, &openwechat.Message{
		MsgId: at.MsgID, FromUserName: at.Sender, MediaId: at.Extra.Media, EncryFileName: at.Extra.Encrypted,
	}, s.lib.Storage.LoginInfo)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		return nil, fmt.Errorf("%w: HTTP status %d", ErrEmpty, resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, MaxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > MaxFile:
		return nil, ErrTooLarge
	case len(data) == 0:
		return nil, ErrEmpty
	}
	return data, refusal(data)
}

// refusal is the error of a reply that holds a return code where a file was expected.
func refusal(data []byte) error {
	var reply struct {
		BaseResponse *openwechat.BaseResponse
	}
	if json.Unmarshal(data, &reply) != nil || reply.BaseResponse == nil {
		return nil
	}
	if lostRet(int64(reply.BaseResponse.Ret)) {
		return reply.BaseResponse.Ret
	}
	return ErrNoFile
}
