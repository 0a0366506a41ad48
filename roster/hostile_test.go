package roster

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// unusable reads a file that must be refused as a whole, with a reason on one line that holds want.
func unusable(t *testing.T, path string, l limits, want string) {
	t.Helper()
	b, err := read(t.Context(), path, l)
	var u *Unusable
	if !errors.As(err, &u) {
		t.Fatalf("read as %+v with error %v, want it refused", b, err)
	}
	if !strings.Contains(u.Reason, want) {
		t.Errorf("refused with %q, want %q", u.Reason, want)
	}
	if u.Path != path || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), path+"：") {
		t.Errorf("the error is %q, want one line that begins with the file", err)
	}
}

func TestFilesThatAreNoRoster(t *testing.T) {
	whole := bookOf(t, sheetXML(rowXML(1, memberHeader...)+rowXML(2, "20160001", "张三", "机械学院", "机械1班", "2020"), ""))
	for _, c := range []struct {
		name string
		file string
		data []byte
		want string
	}{
		{"old format", "名册.xlsx", append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...), "旧格式（.xls）或加了密码"},
		{"CSV with another ending", "名册.xlsx", []byte("学号,姓名\n20160001,张三\n"), "文本（例如 CSV）"},
		{"web page", "名册.xls", []byte("\ufeff <HTML><table>"), "网页或 XML"},
		{"PDF", "名册.pdf", []byte("%PDF-1.4\x00"), "PDF"},
		{"picture", "名册.png", []byte("\x89PNG\r\n\x1a\n\x00\x00"), "不是 .xlsx 工作簿"},
		{"nothing", "名册.xlsx", nil, "文件是空的"},
		{"Word", "名册.docx", zipOf(t, "word/document.xml", "<w/>"), "Word 文档"},
		{"slides", "名册.pptx", zipOf(t, "ppt/presentation.xml", "<p/>"), "演示文稿"},
		{"binary workbook", "名册.xlsb", zipOf(t, "xl/workbook.bin", "x"), ".xlsb"},
		{"OpenDocument", "名册.ods", zipOf(t, "mimetype", "x", "content.xml", "<x/>"), ".ods"},
		{"archive", "名册.zip", zipOf(t, "名册.xlsx", string(whole)), "压缩包"},
		{"download cut short", "名册.xlsx", whole[:len(whole)/2], "不完整或已损坏"},
		{"no sheets", "名册.xlsx", zipOf(t, "xl/workbook.xml", "<workbook/>"), "已损坏"},
		{"other sheets", "名册.xlsx", zipOf(t, "xl/workbook.xml", `<workbook><sheets><sheet name="Sheet1"/><sheet name="说&#10;明"/></sheets></workbook>`), "文件里的工作表是：Sheet1、说 明。"},
		{"sheet without its part", "名册.xlsx", zipOf(t, "xl/workbook.xml", workbookXML), "内容不在文件里"},
		{"sheet that is empty", "名册.xlsx", bookOf(t, sheetXML("", "")), "没有找到表头，表头应包含：学号、姓名、二级团组织、团支部、毕业年份"},
		{"sheet without a header", "名册.xlsx", bookOf(t, sheetXML(rowXML(1, "20160001", "张三"), "")), "没有找到表头"},
		{"header too far down", "名册.xlsx", bookOf(t, sheetXML(rowXML(headerLines+1, memberHeader...), "")), "没有找到表头"},
		{
			"columns missing", "名册.xlsx", bookOf(t, sheetXML(rowXML(1, "名册")+rowXML(3, "学号", "姓名", "班级"), "")),
			"缺少列：二级团组织、团支部、毕业年份；在第 3 行找到的列是：学号、姓名、班级。",
		},
		{"a column twice", "名册.xlsx", bookOf(t, sheetXML(rowXML(1, append(memberHeader[:7:7], "学 号")...), "")), "列“学号”（A 列和 H 列）出现了两次"},
		{"XML that ends early", "名册.xlsx", bookOf(t, "<worksheet><sheetData><row>"), "已损坏"},
		{"elements crossed", "名册.xlsx", bookOf(t, "<worksheet><sheetData></worksheet></sheetData>"), "已损坏"},
		{"encoding that is not supported", "名册.xlsx", bookOf(t, `<?xml version="1.0" encoding="GBK"?>`+sheetXML("", "")), "已损坏"},
		{"entity that is not declared", "名册.xlsx", bookOf(t, `<!DOCTYPE x [<!ENTITY a "b">]>`+sheetXML(rowXML(1, "&a;"), "")), "已损坏"},
		{"rows out of order", "名册.xlsx", bookOf(t, sheetXML(rowXML(2, "a")+rowXML(1, "b"), "")), "已损坏"},
		{"row beyond the last", "名册.xlsx", bookOf(t, sheetXML(rowXML(maxLine+1, "a"), "")), "已损坏"},
		{"cell in another row", "名册.xlsx", bookOf(t, sheetXML(`<row r="1"><c r="A2"><v>1</v></c></row>`, "")), "已损坏"},
		{"text that is not in the table", "名册.xlsx", bookOf(t, sheetXML(`<row r="1"><c r="A1" t="s"><v>7</v></c></row>`, "")), "已损坏"},
		{"merged regions that overlap", "名册.xlsx", bookOf(t, sheetXML(
			rowXML(1, memberHeader...)+rowXML(2, "20160001", "张三", "机械学院", "机械1班", "2020"),
			`<mergeCells><mergeCell ref="C2:C9"/><mergeCell ref="B1:C2"/></mergeCells>`)), "互相重叠"},
	} {
		t.Run(c.name, func(t *testing.T) {
			unusable(t, saveBytes(t, c.file, c.data), defaultLimits, c.want)
		})
	}
	t.Run("folder", func(t *testing.T) { unusable(t, t.TempDir(), defaultLimits, "文件夹") })
	t.Run("no such file", func(t *testing.T) {
		unusable(t, filepath.Join(t.TempDir(), "无.xlsx"), defaultLimits, "文件不存在")
	})
}

func TestDamagedData(t *testing.T) {
	data := bookOf(t, sheetXML(rowXML(1, memberHeader...), strings.Repeat("<x>abc</x>", 5000)))
	at := bytes.Index(data, []byte("sheet1.xml")) + len("sheet1.xml") + 8
	for i := range 16 {
		data[at+i] ^= 0xff
	}
	unusable(t, saveBytes(t, "名册.xlsx", data), defaultLimits, "已损坏")
}

func TestLimits(t *testing.T) {
	const kib = 1 << 10
	head, row := rowXML(1, memberHeader...), rowXML(2, "20160001", "张三", "机械学院", "机械1班", "2020")
	for _, c := range []struct {
		name string
		set  func(*limits)
		data func() []byte
		want string
	}{
		{"file", func(l *limits) { l.file = 100 }, func() []byte { return bookOf(t, sheetXML(head, "")) }, "超过 0 MB 的上限"},
		{"sheet that unpacks without end", func(l *limits) { l.sheet = 64 * kib }, func() []byte {
			return bookOf(t, sheetXML(head+strings.Repeat(" ", 1<<20), ""))
		}, "展开后超过"},
		{"sheet that says it is small", func(l *limits) { l.sheet = 64 * kib }, func() []byte {
			return lie(t, bookOf(t, sheetXML(head+strings.Repeat("<x/>", 1<<18), "")))
		}, ""},
		{"texts in bytes", func(l *limits) { l.strings = 64 * kib }, func() []byte {
			return bookOf(t, sheetXML(head, ""), "xl/sharedStrings.xml", "<sst>"+strings.Repeat("<si><t>x</t></si>", 10_000)+"</sst>")
		}, "展开后超过"},
		{"number of texts", func(l *limits) { l.texts = 100 }, func() []byte {
			return bookOf(t, sheetXML(head, ""), "xl/sharedStrings.xml", "<sst>"+strings.Repeat("<si/>", 101)+"</sst>")
		}, "文字超过 100 条"},
		{"one endless token", func(l *limits) { l.token = 64 * kib }, func() []byte {
			return bookOf(t, sheetXML(rowXML(1, strings.Repeat("长", 100_000)), ""))
		}, "有一个单元格的内容长得离谱"},
		{"a cell of two megabytes", func(l *limits) {}, func() []byte {
			return bookOf(t, sheetXML(head+rowXML(2, "20160001", strings.Repeat("a", 2<<20)), ""))
		}, "有一个单元格的内容长得离谱"},
		{"a million rows", func(l *limits) {}, func() []byte {
			return bookOf(t, sheetXML(head+strings.Repeat("<row><c t=\"str\"><v>x</v></c></row>", 1_000_000), ""))
		}, "超过 200000 行，请拆成几个文件分别导入"},
		{"nesting", func(l *limits) {}, func() []byte {
			return bookOf(t, sheetXML(strings.Repeat("<x>", 1000)+strings.Repeat("</x>", 1000), ""))
		}, "已损坏"},
		{"rows", func(l *limits) { l.rows = 1 }, func() []byte { return bookOf(t, sheetXML(head+row, "")) }, "超过 1 行"},
		{"columns", func(l *limits) {}, func() []byte {
			return bookOf(t, sheetXML(rowXML(1, append(memberHeader[:7:7], make([]string, 994)...)...)+
				`<row r="2"><c r="ALM2"><v>1</v></c></row>`, ""))
		}, "第 2 行的内容超过 1000 列"},
		{"a million columns", func(l *limits) {}, func() []byte {
			return bookOf(t, sheetXML("<row>"+strings.Repeat("<c/>", 1_000_000)+"</row>", ""))
		}, "已损坏"},
		{"merged regions", func(l *limits) {}, func() []byte {
			return bookOf(t, sheetXML(head, strings.Repeat(`<mergeCell ref="A1:B1"/>`, maxMerged+1)))
		}, "合并单元格太多"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := defaultLimits
			c.set(&l)
			unusable(t, saveBytes(t, "名册.xlsx", c.data()), l, c.want)
		})
	}
}

// lie makes the directory of an archive claim that every part unpacks to 100 bytes.
func lie(t *testing.T, data []byte) []byte {
	t.Helper()
	n := 0
	for at := 0; ; n++ {
		i := bytes.Index(data[at:], []byte("PK\x01\x02"))
		if i < 0 {
			break
		}
		at += i
		binary.LittleEndian.PutUint32(data[at+24:], 100)
		at += 46
	}
	if n == 0 {
		t.Fatal("no directory found")
	}
	return data
}

func TestFormatsWithoutContentAreNoColumns(t *testing.T) {
	styled := make([]string, 0, maxColumn)
	for col := 7; col < maxColumn; col++ {
		styled = append(styled, fmt.Sprintf(`<c r="%s2" s="1"/>`, columnName(col)))
	}
	row := strings.TrimSuffix(rowXML(2, "20160001", "张三", "机械学院", "机械1班", "2020", "15400000001", "共青团员"), "</row>")
	data := bookOf(t, sheetXML(rowXML(1, memberHeader...)+row+strings.Join(styled, "")+"</row>", ""))
	b := readBook(t, saveBytes(t, "名册.xlsx", data))
	if len(b.Members) != 1 || b.Members[0].Member != zhang {
		t.Errorf("members %+v, rejects %v", b.Members, b.Rejects)
	}
}

// What costs one comparison too many per pair of rows or regions takes minutes here instead of a second.
func TestHostileRepetitionIsNotQuadratic(t *testing.T) {
	var rows, merged strings.Builder
	const n = 60_000
	for i := range n {
		name := "张三"
		if i == n-1 {
			name = "张山"
		}
		rows.WriteString(rowXML(i+2, "20160001", name, "机械学院", "机械1班", "2020"))
	}
	for i := range maxMerged {
		fmt.Fprintf(&merged, `<mergeCell ref="Z%d:AA%d"/>`, i+1, n)
	}
	path := saveBytes(t, "名册.xlsx", bookOf(t, sheetXML(rowXML(1, memberHeader...)+rows.String(), merged.String())))
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	begin := time.Now()
	b, err := Read(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Rejects) != n || len(b.Members) != 0 {
		t.Errorf("%d rows refused, %d good, want all refused", len(b.Rejects), len(b.Members))
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("reading took %s", took)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	path := bigRoster(t, 5000, false)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Read(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}
