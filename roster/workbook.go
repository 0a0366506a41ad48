package roster

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// Unusable says that a file cannot be read as a roster workbook at all. Reason is a sentence in Chinese for the person
// who chose the file: what is wrong and what to do.
type Unusable struct {
	Path   string
	Reason string
	Err    error // what went wrong beneath; nil when Reason says it all
}

func (u *Unusable) Error() string { return u.Path + "：" + u.Reason }

func (u *Unusable) Unwrap() error { return u.Err }

// limits bound what one workbook may cost. They are far above any real roster.
type limits struct {
	file    int64 // bytes of the file
	sheet   int64 // bytes of one sheet, unpacked
	strings int64 // bytes of the table of texts, unpacked
	texts   int   // entries of that table
	part    int64 // bytes of any other part, unpacked
	token   int64 // bytes of one XML token
	depth   int   // nested XML elements
	rows    int   // rows with content in one sheet
	columns int   // columns of one sheet
}

var defaultLimits = limits{
	file:    32 << 20,
	sheet:   256 << 20,
	strings: 96 << 20,
	texts:   2_000_000,
	part:    8 << 20,
	token:   1 << 20,
	depth:   64,
	rows:    200_000,
	columns: 1_000,
}

// workbook is an opened .xlsx file: a zip archive of XML parts.
type workbook struct {
	path    string
	file    io.Closer
	parts   map[string]*zip.File // by lower-case name; part names do not depend on case
	sheets  []sheetRef
	texts   []string // shared strings
	formats []format // by cell style
	date04  bool     // dates count from 1904
	limits  limits
}

// sheetRef is a sheet and the part its cells are in.
type sheetRef struct {
	name, part string
}

// format is the number format of a cell style.
type format struct {
	id   int
	code string // "" for a built-in one
}

// openWorkbook opens a workbook and reads everything but its cells. Errors about the file are *Unusable.
func openWorkbook(ctx context.Context, name string, l limits) (*workbook, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &Unusable{name, "打不开这个文件，请检查路径和权限（" + osReason(err) + "）。", err}
	}
	w := &workbook{path: name, file: f, limits: l}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("stat workbook: %w", err)
	case info.IsDir():
		err = w.unusable("这是一个文件夹，请给出其中的 .xlsx 文件。", nil)
	default:
		err = w.load(ctx, f, info.Size())
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return w, nil
}

// Close closes the file.
func (w *workbook) Close() error { return w.file.Close() }

func (w *workbook) load(ctx context.Context, r io.ReaderAt, size int64) error {
	switch {
	case size == 0:
		return w.unusable("文件是空的。", nil)
	case size > w.limits.file:
		return w.unusable(fmt.Sprintf("文件有 %d MB，超过 %d MB 的上限，请拆成几个文件分别导入。", size>>20, w.limits.file>>20), nil)
	}
	head := make([]byte, 512)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read workbook: %w", err)
	}
	if reason := notZip(head[:n]); reason != "" {
		return w.unusable(reason, nil)
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return w.unusable("文件不完整或已损坏，请重新保存或重新下载后再试。", err)
	}
	w.parts = make(map[string]*zip.File, len(z.File))
	for _, p := range z.File {
		w.parts[partName(p.Name)] = p
	}
	if reason := w.notWorkbook(); reason != "" {
		return w.unusable(reason, nil)
	}
	for _, part := range []func(context.Context) error{w.loadSheets, w.loadTexts, w.loadFormats} {
		if err := part(ctx); err != nil {
			return w.fault(err)
		}
	}
	return nil
}

// notZip says what a file that is no zip archive seems to be.
func notZip(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return ""
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return "这是旧格式（.xls）或加了密码的文件，请在 Excel 或 WPS 中另存为不加密码的 .xlsx。"
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "这是 PDF 文件，请用原来的 .xlsx 工作簿。"
	case bytes.HasPrefix(bytes.ToLower(bytes.TrimLeft(head, "\ufeff \r\n\t")), []byte("<")):
		return "这是网页或 XML 文件，不是工作簿，请在 Excel 或 WPS 中另存为 .xlsx。"
	case !bytes.ContainsRune(head, 0):
		return "这是文本（例如 CSV）文件，不是工作簿，请在 Excel 或 WPS 中打开后另存为 .xlsx。"
	}
	return "这不是 .xlsx 工作簿。"
}

// notWorkbook says what an archive without a readable workbook seems to be.
func (w *workbook) notWorkbook() string {
	has := func(name string) bool { return w.parts[name] != nil }
	switch {
	case has("xl/workbook.xml"):
		return ""
	case has("word/document.xml"):
		return "这是 Word 文档，不是工作簿，请把表格复制到 Excel 或 WPS 表格中，另存为 .xlsx。"
	case has("ppt/presentation.xml"):
		return "这是演示文稿，不是工作簿。"
	case has("xl/workbook.bin"):
		return "这是二进制格式（.xlsb），请另存为 .xlsx。"
	case has("content.xml") && has("mimetype"):
		return "这是 OpenDocument 格式（.ods），请另存为 .xlsx。"
	}
	return "这是压缩包，里面没有工作簿；请先解压，或另存为 .xlsx。"
}

func (w *workbook) unusable(reason string, err error) error { return &Unusable{w.path, reason, err} }

// fault turns an error met in a part into what the operator reads. Other errors pass unchanged.
func (w *workbook) fault(err error) error {
	var over *overLimit
	var broken *brokenPart
	switch {
	case errors.As(err, &over):
		return w.unusable(over.what, err)
	case errors.As(err, &broken):
		return w.unusable("工作簿内容已损坏，请在 Excel 或 WPS 中打开、重新保存后再试。", err)
	}
	return err
}

// overLimit says which limit a workbook passes.
type overLimit struct{ what string }

func (o *overLimit) Error() string { return "workbook over limit: " + o.what }

// brokenPart says that a part does not hold what the format asks for.
type brokenPart struct {
	what string
	err  error // what the archive or the XML beneath says; nil when what says it all
}

func (b *brokenPart) Error() string {
	if b.err != nil {
		return fmt.Sprintf("broken workbook: %s: %v", b.what, b.err)
	}
	return "broken workbook: " + b.what
}

func (b *brokenPart) Unwrap() error { return b.err }

func osReason(err error) string {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "文件不存在"
	case errors.Is(err, os.ErrPermission):
		return "没有读取权限"
	}
	return err.Error()
}

// partName is the form in which parts are looked up.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// part opens a part as a stream of XML tokens. It is nil when there is no such part.
func (w *workbook) part(ctx context.Context, name string, limit int64) (*tokens, error) {
	p := w.parts[partName(name)]
	if p == nil {
		return nil, nil
	}
	tooBig := &overLimit{fmt.Sprintf("其中的 %s 展开后超过 %d MB，不像是名册，请检查是否选错了文件。", path.Base(name), limit>>20)}
	if p.UncompressedSize64 > uint64(limit) {
		return nil, tooBig
	}
	r, err := p.Open()
	if err != nil {
		return nil, &brokenPart{"open " + name, err}
	}
	return newTokens(ctx, r, name, w.limits, limit, tooBig), nil
}

// loadSheets finds the sheets and their parts.
func (w *workbook) loadSheets(ctx context.Context) error {
	targets := map[string]string{}
	err := w.each(ctx, "xl/_rels/workbook.xml.rels", func(e xml.StartElement) {
		if e.Name.Local == "Relationship" {
			target := attr(e, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("xl", target)
			}
			targets[attr(e, "Id")] = target
		}
	})
	if err != nil {
		return err
	}
	err = w.each(ctx, "xl/workbook.xml", func(e xml.StartElement) {
		switch e.Name.Local {
		case "sheet":
			w.sheets = append(w.sheets, sheetRef{attr(e, "name"), targets[attr(e, "id")]})
		case "workbookPr":
			w.date04 = isTrue(attr(e, "date1904"))
		}
	})
	if err == nil && len(w.sheets) == 0 {
		err = &brokenPart{what: "no sheets"}
	}
	return err
}

// loadTexts reads the table of shared strings. Phonetic readings beside a text are not part of it.
func (w *workbook) loadTexts(ctx context.Context) error {
	t, err := w.part(ctx, "xl/sharedStrings.xml", w.limits.strings)
	if t == nil || err != nil {
		return err
	}
	defer t.Close()
	var text []byte
	for {
		tok, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "si" {
			continue
		}
		if text, err = t.richText(text[:0]); err != nil {
			return err
		}
		if len(w.texts) == w.limits.texts {
			return &overLimit{fmt.Sprintf("其中的文字超过 %d 条，不像是名册，请检查是否选错了文件。", w.limits.texts)}
		}
		w.texts = append(w.texts, unescape(string(text)))
	}
}

// loadFormats reads the number format of every cell style.
func (w *workbook) loadFormats(ctx context.Context) error {
	codes := map[string]string{}
	cells := false
	return w.each(ctx, "xl/styles.xml", func(e xml.StartElement) {
		switch e.Name.Local {
		case "numFmt":
			codes[attr(e, "numFmtId")] = attr(e, "formatCode")
		case "cellStyleXfs", "dxfs", "cellStyles":
			cells = false
		case "cellXfs":
			cells = true
		case "xf":
			if cells {
				id := attr(e, "numFmtId")
				w.formats = append(w.formats, format{atoi(id), codes[id]})
			}
		}
	})
}

// each calls visit for every start element of a part; a missing part has none.
func (w *workbook) each(ctx context.Context, name string, visit func(xml.StartElement)) error {
	t, err := w.part(ctx, name, w.limits.part)
	if t == nil || err != nil {
		return err
	}
	defer t.Close()
	for {
		tok, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := tok.(xml.StartElement); ok {
			visit(e)
		}
	}
}

func attr(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

func isTrue(s string) bool { return s == "1" || s == "true" }
