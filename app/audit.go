package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"xianjie/storage"
)

// auditFaults is how each fault reads.
var auditFaults = map[string]string{
	storage.FaultAltered:  "第 %[1]d 条对不上：被改过，或前一条被换掉了（现在写的操作是 %[3]s）",
	storage.FaultHash:     "第 %[1]d 条的校验值被改过，内容没有变",
	storage.FaultMoved:    "第 %[1]d 条和别的记录换过位置",
	storage.FaultInserted: "第 %[1]d 条不是程序写的（操作 %[3]s）",
	storage.FaultMissing:  "第 %[1]d 至 %[2]d 条被删掉了，或其后一条被改过",
	storage.FaultEnd:      "末尾的第 %[1]d 至 %[2]d 条被删掉了",
	storage.FaultHead:     "记录末尾的封条不见了，或不是程序写的：末尾可能被删过",
	storage.FaultWitness:  "记录里没有当时记下的末尾（第 %[1]d 条）：整份记录可能被换成了旧的",
}

// mostFaults is how many faults are listed; the rest is counted.
const mostFaults = 50

// VerifyAudit walks the audit and says what was tampered with; the end it prints is to be kept elsewhere, as the since of
// a later call. With accept the chain begins anew over what is left, and faults are no error.
func VerifyAudit(ctx context.Context, d *Data, out io.Writer, since *storage.AuditEnd, accept bool) error {
	var st storage.AuditState
	var err error
	if accept {
		st, err = d.Store.AcceptAudit(ctx)
	} else {
		st, err = d.Store.VerifyAudit(ctx, since)
	}
	if err != nil {
		return err
	}
	for i, f := range st.Faults {
		if i == mostFaults {
			fmt.Fprintf(out, "……还有 %d 处\n", len(st.Faults)-i)
			break
		}
		fmt.Fprintf(out, auditFaults[f.Kind]+"\n", f.ID, f.Last, f.Action)
	}
	switch {
	case len(st.Faults) == 0:
		fmt.Fprintf(out, "操作记录共 %d 条，没有被改动、增删或调换。\n末尾：%s\n请把这一行抄到别处；以后用 xianjie audit verify --since 可以查出整份记录被换成旧的。\n", st.End.Lines, auditEnd(st.End))
		return nil
	case accept:
		fmt.Fprintf(out, "以上 %d 处已写进操作记录；从现在起按留下的内容重新校验。\n", len(st.Faults))
		return nil
	}
	return fmt.Errorf("the audit was tampered with in %d place(s); compare it with a backup, then xianjie audit verify --accept goes on with what is left", len(st.Faults))
}

// auditEnd is an end as people copy it, ParseAuditEnd reads it.
func auditEnd(e storage.AuditEnd) string { return fmt.Sprintf("%d-%d-%s", e.Lines, e.LastID, e.Hash) }

// ParseAuditEnd reads an end that VerifyAudit printed; nil for none.
func ParseAuditEnd(text string) (*storage.AuditEnd, error) {
	if text == "" {
		return nil, nil
	}
	var e storage.AuditEnd
	parts := strings.Split(strings.TrimSpace(text), "-")
	if len(parts) == 3 {
		var a, b, c error
		e.Lines, a = strconv.ParseInt(parts[0], 10, 64)
		e.LastID, b = strconv.ParseInt(parts[1], 10, 64)
		_, c = hex.DecodeString(parts[2])
		if e.Hash = parts[2]; errors.Join(a, b, c) == nil {
			return &e, nil
		}
	}
	return nil, fmt.Errorf("%q is not an end that audit verify printed", text)
}
