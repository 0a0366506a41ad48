package roster

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

var progressWords = []Recordable{{"已发起", "转出方发起"}, {"退回", "审批被退回"}}

func progressBook(t *testing.T, rows ...Progress) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := WriteProgress(&b, rows, progressWords); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func bytesOf(t *testing.T, f *excelize.File) []byte {
	t.Helper()
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestProgressComesBackFilledIn(t *testing.T) {
	f := progressBook(t,
		Progress{No: "20160001", Name: "张三", College: "机械学院", Branch: "1班", Destination: "就业", Target: "=cmd()", State: "待发起", Version: 3},
		Progress{No: "20160002", Name: "买买提·艾力", State: "未登记", Version: 1},
		Progress{No: "20160003", Name: "王五", State: "待审", Version: 12345678901},
	)
	june15 := time.Date(2020, 6, 15, 0, 0, 0, 0, time.UTC)
	for at, v := range map[string]any{
		"H2": "已发起", "I2": june15, "H3": " 退回\u200b", "I3": "6月16日", "J3": "材料不全", "I4": 20200617, "G4": "已审",
	} {
		if err := f.SetCellValue(SheetProgress, at, v); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadProgress(context.Background(), "进展.xlsx", bytesOf(t, f))
	if err != nil {
		t.Fatal(err)
	}
	at := func(line int) At { return At{SheetProgress, line} }
	want := []Filled{
		{At: at(2), No: "20160001", Name: "张三", State: "待发起", Record: "已发起", Day: "2020-06-15", Version: 3},
		{At: at(3), No: "20160002", Name: "买买提·艾力", State: "未登记", Record: "退回", Day: "6月16日", Note: "材料不全", Version: 1},
		{At: at(4), No: "20160003", Name: "王五", State: "已审", Day: "20200617", Version: 12345678901},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProgressOffersItsWords(t *testing.T) {
	f := progressBook(t, Progress{No: "20160001", Name: "=1+1", Version: 1}, Progress{No: "20160002", Name: "李四", Version: 1})
	choices, err := f.GetDataValidations(SheetProgress)
	if err != nil || len(choices) != 1 || choices[0].Sqref != "H2:H3" {
		t.Fatalf("choices %+v, %v", choices, err)
	}
	from := strings.ReplaceAll(strings.TrimPrefix(choices[0].Formula1, SheetHowTo+"!"), "$", "")
	first, last, _ := strings.Cut(from, ":")
	for at, want := range map[string]string{first: "已发起", last: "退回"} {
		if got, err := f.GetCellValue(SheetHowTo, at); err != nil || got != want {
			t.Errorf("%s holds %q, %v; want %q", at, got, err, want)
		}
	}
	if v, _ := f.GetCellValue(SheetProgress, "B2"); v != "'=1+1" {
		t.Errorf("a name that looks like a formula is written as %q", v)
	}
	if visible, err := f.GetColVisible(SheetProgress, "K"); err != nil || visible {
		t.Errorf("the version is in sight: %v", err)
	}
}

func TestProgressOfAnotherFile(t *testing.T) {
	other := excelize.NewFile()
	defer other.Close()
	for name, content := range map[string][]byte{"empty": nil, "text": []byte("学号,姓名"), "another sheet": bytesOf(t, other)} {
		var u *Unusable
		if _, err := ReadProgress(context.Background(), "表.xlsx", content); !errors.As(err, &u) || u.Reason == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
