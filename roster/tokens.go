package roster

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// tokens reads one part as XML tokens, and is strict where encoding/xml is generous with memory: a part, a token and
// the nesting of elements have limits, and elements must match to the end of the part.
type tokens struct {
	ctx   context.Context
	name  string
	src   *bounded
	close io.Closer
	dec   *xml.Decoder
	open  []string // names of the open elements
	depth int      // limit of len(open)
	count int
}

func newTokens(ctx context.Context, r io.ReadCloser, name string, l limits, size int64, tooBig error) *tokens {
	src := &bounded{
		r: r, left: size, token: l.token, sinceToken: l.token, tooBig: tooBig,
		tooLong: &overLimit{"有一个单元格的内容长得离谱，不像是名册，请检查是否选错了文件。"},
	}
	return &tokens{ctx: ctx, name: name, src: src, close: r, dec: xml.NewDecoder(src), depth: l.depth}
}

// Close closes the part.
func (t *tokens) Close() { _ = t.close.Close() }

// next is the next token; its bytes are valid until the call after. The end of the part is io.EOF.
func (t *tokens) next() (xml.Token, error) {
	t.src.sinceToken = t.src.token
	if t.count++; t.count%4096 == 0 && t.ctx.Err() != nil {
		return nil, t.ctx.Err()
	}
	tok, err := t.dec.RawToken()
	if err != nil {
		return nil, t.fault(err)
	}
	switch e := tok.(type) {
	case xml.StartElement:
		if len(t.open) == t.depth {
			return nil, fmt.Errorf("%s: %w", t.name, &brokenPart{what: "elements nested too deep"})
		}
		t.open = append(t.open, e.Name.Local)
	case xml.EndElement:
		last := len(t.open) - 1
		if last < 0 || t.open[last] != e.Name.Local {
			return nil, fmt.Errorf("%s: %w", t.name, &brokenPart{what: "elements do not match"})
		}
		t.open = t.open[:last]
	}
	return tok, nil
}

// fault tells the end of the part and an error of the disk from a part that is broken or over a limit.
func (t *tokens) fault(err error) error {
	var disk *fs.PathError
	switch {
	case t.src.over != nil: // the decoder may report what it made of the rest instead, such as half a character
		return fmt.Errorf("%s: %w", t.name, t.src.over)
	case errors.Is(err, io.EOF) && len(t.open) == 0:
		return io.EOF
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	case errors.As(err, &disk):
		return fmt.Errorf("%s: %w", t.name, err)
	}
	return &brokenPart{fmt.Sprintf("%s at byte %d", t.name, t.dec.InputOffset()), err}
}

// text appends the characters up to the end of the element just begun.
func (t *tokens) text(to []byte) ([]byte, error) {
	for level := len(t.open); ; {
		tok, err := t.next()
		if err != nil {
			return to, err
		}
		switch e := tok.(type) {
		case xml.CharData:
			to = append(to, e...)
		case xml.EndElement:
			if len(t.open) < level {
				return to, nil
			}
		}
	}
}

// richText appends the text of the si or is element just begun: its t elements, without phonetic readings (rPh).
func (t *tokens) richText(to []byte) ([]byte, error) {
	phonetic := 0
	for level := len(t.open); ; {
		tok, err := t.next()
		if err != nil {
			return to, err
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch {
			case e.Name.Local == "rPh" || phonetic > 0:
				phonetic++
			case e.Name.Local == "t":
				if to, err = t.text(to); err != nil {
					return to, err
				}
			}
		case xml.EndElement:
			if phonetic > 0 {
				phonetic--
			}
			if len(t.open) < level {
				return to, nil
			}
		}
	}
}

// bounded is a reader that ends a part that is larger than declared, and a token that does not end.
type bounded struct {
	r                 io.Reader
	left              int64
	token, sinceToken int64
	tooBig, tooLong   error
	over              error // the one of them that ended the part
}

func (b *bounded) Read(p []byte) (int, error) {
	switch {
	case b.left <= 0:
		b.over = b.tooBig
	case b.sinceToken <= 0: // no spreadsheet program writes a cell of this length
		b.over = b.tooLong
	}
	if b.over != nil {
		return 0, b.over
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	b.sinceToken -= int64(n)
	return n, err
}

// unescape undoes the _x000D_ form in which the format writes characters XML cannot hold.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if i+7 <= len(s) && s[i] == '_' && s[i+1] == 'x' && s[i+6] == '_' {
			if v, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil {
				b.WriteRune(rune(v))
				i += 7
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
