package storage

import (
	"strings"

	"gorm.io/gorm"
)

// struck stands for a word that was struck from a message.
const struck = "■■"

// mostStruck is how many of the last messages of a chat, each way, are looked through for words to strike.
const mostStruck = 500

// strike takes words out of the stored messages of the chats of turns, in and out: what must not be kept at all, such as
// the name of a classified unit. It is rare and looks at every message, because they are sealed.
func (w *work) strike(turns []Turn) error {
	for _, t := range turns {
		if len(t.Strike) == 0 {
			continue
		}
		var pairs []string
		for _, word := range t.Strike {
			if word != "" {
				pairs = append(pairs, word, struck)
			}
		}
		r := strings.NewReplacer(pairs...)
		var in []Inbox
		if err := last(w.tx, t.ContactID).Find(&in).Error; err != nil {
			return err
		}
		for _, m := range in {
			text, raw := r.Replace(m.Text), r.Replace(m.Raw)
			if text == m.Text && raw == m.Raw {
				continue
			}
			if err := w.tx.Model(&m).Select("Text", "Raw").Updates(Inbox{Text: text, Raw: raw}).Error; err != nil {
				return err
			}
		}
		var out []Outbox
		if err := last(w.tx, t.ContactID).Find(&out).Error; err != nil {
			return err
		}
		for _, m := range out {
			text := r.Replace(m.Text)
			if text == m.Text {
				continue
			}
			if err := w.tx.Model(&m).Select("Text").Updates(Outbox{Text: text}).Error; err != nil {
				return err
			}
		}
	}
	return nil
}

func last(tx *gorm.DB, contact int64) *gorm.DB {
	return tx.Where("contact_id = ?", contact).Order("id DESC").Limit(mostStruck)
}
