package app

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"xianjie/roster"
	"xianjie/season"
	"xianjie/storage"
)

// Import reads a roster workbook, writes to out what it would change, and with apply changes it: all good rows in one
// transaction. Rows that cannot be taken come back in a workbook beside the file, each with its reason; its path is
// returned, "" when every row was good.
func Import(ctx context.Context, d *Data, path string, apply bool, out io.Writer) (rejected string, err error) {
	book, err := roster.Read(ctx, path)
	if err != nil {
		return "", err
	}
	dir, err := d.Store.Directory(ctx)
	if err != nil {
		return "", err
	}
	diff := roster.Plan(book, dir)
	if err := diff.WriteText(out); err != nil {
		return "", err
	}
	if len(diff.Rejects) > 0 {
		if rejected, err = writeRejected(ctx, path, book, diff.Rejects); err != nil {
			return "", err
		}
		fmt.Fprintf(out, "有问题的行已另存，原因写在各行最后一列：%s\n", rejected)
	}
	switch {
	case diff.Empty():
		fmt.Fprintln(out, "没有需要写入的变化。")
	case !apply:
		fmt.Fprintln(out, "以上只是预览，什么都没有写入。确认无误后加 --apply 再运行一次。")
	default:
		audit := storage.Audit{At: d.Now(), Action: "import", Subject: "roster", Detail: map[string]string{
			"file": filepath.Base(path), "added": fmt.Sprint(len(diff.Added)), "changed": fmt.Sprint(len(diff.Changed)),
		}}
		if err := d.Store.ApplyRoster(ctx, d.Season, diff.Roster(committeeName(d.Season), audit)); err != nil {
			return rejected, fmt.Errorf("import %s: %w", filepath.Base(path), err)
		}
		fmt.Fprintln(out, "已写入。")
	}
	return rejected, nil
}

// committeeName is what the committee is called; no workbook tells it.
func committeeName(s *season.Season) string { return s.Parties[storage.OrgCommittee].Name }

// writeRejected writes the refused rows beside the workbook: 名册.xlsx → 名册-待修改.xlsx.
func writeRejected(ctx context.Context, path string, book *roster.Book, rejects []roster.Reject) (string, error) {
	ext := filepath.Ext(path)
	name := strings.TrimSuffix(path, ext) + "-待修改.xlsx"
	err := WriteWhole(name, func(w io.Writer) error { return roster.WriteRejected(ctx, w, path, book, rejects) })
	if err != nil {
		return "", fmt.Errorf("workbook of refused rows: %w", err)
	}
	return name, nil
}
