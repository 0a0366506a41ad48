package handlers

import (
	"context"
	"crypto/rand"

	"xianjie/storage"
)

// Linked is the same Turner with the console to send officers to: at gives the address that lets in who holds a token.
func (h *Turner) Linked(at func(token string) string) *Turner {
	linked := NewTurner(h.graduates.season, h.words).Paced(h.pace)
	linked.link = at
	if linked.newcomers != nil {
		linked.newcomers.link = at
	}
	return linked
}

// console gives an officer a one-time link into the console. The token is in this answer and nowhere else: what is
// committed with it is its hash.
func (t *turn) console() {
	if t.link == nil {
		t.say(textNoConsole)
		return
	}
	token, ok := want(t, "console", func(context.Context, *storage.Store) (string, error) { return rand.Text(), nil })
	if !ok {
		return
	}
	t.out.Link = &storage.NewLink{Token: token, PersonID: t.personID()}
	t.audit("console_link", "console", nil)
	t.say(textConsoleLink, int(storage.LinkKeeps.Minutes()), t.link(token))
}

// Texts about the console.
const (
	textConsole        = "控制台"
	textOfficerConsole = "控制台：在浏览器里看进度和名单"

	textNoConsole   = "这里没有开通控制台，请联系管理员。"
	textConsoleLink = "控制台的进入链接，%d分钟内有效，只能用一次，请不要转发：\n%s\n\n想在电脑上看，就把链接复制到电脑的浏览器里打开。"
)
