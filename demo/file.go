package demo

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"xianjie/wechatsim"
)

// Pictures and documents of the chats. The page is told their names, and fetches them when they are looked at.

// messageID names a message in somebody's chat with the product's account.
func messageID(no string, index int) string { return no + "-" + strconv.Itoa(index) }

// fileOf is the picture or document a message is, without a name where it is none.
func fileOf(m wechatsim.Message) File {
	switch m.Kind {
	case wechatsim.KindImage:
		return File{Name: "图片", Content: m.Data}
	case wechatsim.KindFile:
		return File{Name: m.Name, Content: m.Data}
	}
	return File{}
}

// File finds a message of whoever holds the phone now.
func (t *Theatre) File(phone, message string) *File {
	no := t.holder(phone)
	p := t.sim.Person(no)
	at, mine := strings.CutPrefix(message, no+"-")
	i, err := strconv.Atoi(at)
	if p == nil || !mine || err != nil {
		return nil
	}
	chat := p.Chat(t.bot)
	if i < 0 || i >= len(chat) {
		return nil
	}
	if f := fileOf(chat[i]); f.Name != "" {
		return &f
	}
	return nil
}

// file answers with a picture or document. Only pictures are shown by the browser itself, whatever a document says it is.
func (p *Page) file(w http.ResponseWriter, r *http.Request) {
	f := p.stage.File(r.PathValue("phone"), r.PathValue("message"))
	if f == nil {
		http.NotFound(w, r)
		return
	}
	kind := http.DetectContentType(f.Content)
	if kind != "image/png" && kind != "image/jpeg" {
		kind = "application/octet-stream"
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(f.Content) // a reader who left misses nothing
}
