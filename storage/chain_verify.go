package storage

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// AuditFault is one place where the audit is not as it was written.
type AuditFault struct {
	Kind   string // a Fault word
	ID     int64  // the line; of lines that are gone, the first; 0 where the number is not known
	Last   int64  // of lines that are gone, the last; else ID
	Action string // of the line as it stands
	line   int64  // where it showed
	hash   string // of that line
}

// What can be wrong with the audit.
const (
	FaultAltered  = "altered"  // it is not what was written, or the line before it is not
	FaultHash     = "hash"     // its content is what was written, its hash is not
	FaultMoved    = "moved"    // lines changed places
	FaultInserted = "inserted" // never written by the product; the lines around it belong together
	FaultMissing  = "missing"  // lines that were written here are gone
	FaultEnd      = "end"      // the last lines are gone: the head says that there were more
	FaultHead     = "head"     // the head is gone, or was not written by the product for these lines
	FaultWitness  = "witness"  // the chain does not pass through an end that was noted earlier
)

// AuditEnd is the end of the chain at some time. Noted outside of the database it is a witness: whoever puts an old copy of
// the whole audit back, head and all, is found by it.
type AuditEnd struct {
	Lines  int64
	LastID int64
	Hash   string
}

// AuditState is what VerifyAudit found.
type AuditState struct {
	End    AuditEnd
	Faults []AuditFault
}

// VerifyAudit walks the whole audit as it stands at one moment, while others may write, and names everything that was
// altered, added, moved or dropped. With a witness it also checks that the chain passes through that end.
func (s *Store) VerifyAudit(ctx context.Context, witness *AuditEnd) (AuditState, error) {
	var st AuditState
	err := s.snapshot(ctx, func(tx *gorm.DB) (err error) {
		st, err = s.verify(tx, witness)
		return err
	})
	return st, err
}

// snapshot reads everything as it stood at one moment. Writers are not kept waiting.
func (s *Store) snapshot(ctx context.Context, f func(*gorm.DB) error) error {
	return s.db(ctx).Transaction(f, &sql.TxOptions{Isolation: s.steady(), ReadOnly: true})
}

// steady is the isolation that shows one moment; SQLite knows no other and takes no word for it.
func (s *Store) steady() sql.IsolationLevel {
	if s.driver == MySQL {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

func (s *Store) verify(tx *gorm.DB, witness *AuditEnd) (AuditState, error) {
	head, err := s.readHead(tx)
	if err != nil && !errors.Is(err, ErrNoHead) {
		return AuditState{}, err
	}
	w := &walk{chain: s.chain, witness: witness}
	for {
		lines, err := s.auditLines(tx, w.last, 1000)
		if err != nil {
			return AuditState{}, fmt.Errorf("audit after line %d: %w", w.last, err)
		}
		for i := range lines {
			w.step(&lines[i])
		}
		if len(lines) == 0 {
			w.end(head)
			return AuditState{End: AuditEnd{w.total, w.last, w.stored}, Faults: w.faults}, nil
		}
	}
}

// walk is one walk along the chain. A line whose hash does not follow from the line before it may be wrong itself, or the
// line before it may be: which of them shows when the next one fits.
type walk struct {
	*chain
	witness *AuditEnd
	met     bool   // the witness was passed
	total   int64  // lines passed
	last    int64  // number of the last line
	stored  string // hash of the last line as it stands
	meant   string // hash its content should have there
	sound   string // hash of the last line that fitted
	since   int    // faults found up to that line
	faults  []AuditFault
}

// nearby is how far lines may have been moved to be told from altered ones.
const nearby = 64

func (w *walk) step(l *auditLine) {
	doubts, fits := w.faults[w.since:], true
	switch {
	case w.follows(w.stored, l):
	case len(doubts) == 0:
		fits = false
	case w.follows(w.meant, l): // the line before is what was written
		doubts[len(doubts)-1].be(FaultHash)
	case w.follows(w.sound, l): // the lines before do not belong here
		for i := range doubts {
			doubts[i].be(FaultInserted)
		}
	case slices.ContainsFunc(doubts[max(0, len(doubts)-nearby):], func(f AuditFault) bool { return w.follows(f.hash, l) }):
		for i := range doubts {
			doubts[i].be(FaultMoved)
		}
	default:
		fits = false
	}
	w.meant = w.link(w.sound, l)
	if fits {
		w.sound, w.since = l.Hash, len(w.faults)
	} else {
		f := AuditFault{Kind: FaultAltered, ID: l.ID, Last: l.ID, Action: l.Action, line: l.ID, hash: l.Hash}
		if l.ID > w.last+1 { // numbers have no gaps but those older than the chain
			f.Kind, f.ID, f.Last = FaultMissing, w.last+1, l.ID-1
		}
		w.faults = append(w.faults, f)
	}
	w.total, w.last, w.stored = w.total+1, l.ID, l.Hash
	if w.witness != nil && w.witness.LastID == l.ID && w.witness.Hash == l.Hash {
		w.met = true
	}
}

func (w *walk) follows(prev string, l *auditLine) bool {
	return hmac.Equal([]byte(w.link(prev, l)), []byte(l.Hash))
}

func (f *AuditFault) be(kind string) { f.Kind, f.ID, f.Last = kind, f.line, f.line }

// end compares what was passed with what the head says.
func (w *walk) end(head *auditHead) {
	if doubts := w.faults[w.since:]; head != nil && len(doubts) > 0 {
		if head.LastID == w.last && head.Hash == w.meant {
			doubts[len(doubts)-1].be(FaultHash)
		}
		for i := range doubts {
			if doubts[i].line > head.LastID {
				doubts[i].be(FaultInserted)
			}
		}
	}
	switch {
	case head == nil:
		w.faults = append(w.faults, AuditFault{Kind: FaultHead})
	case head.LastID > w.last:
		w.faults = append(w.faults, AuditFault{Kind: FaultEnd, ID: w.last + 1, Last: head.LastID})
	case len(w.faults) == 0 && (head.LastID != w.last || head.Hash != w.stored || head.Total != w.total):
		w.faults = append(w.faults, AuditFault{Kind: FaultHead})
	}
	if w.witness != nil && !w.met {
		w.faults = append(w.faults, AuditFault{Kind: FaultWitness, ID: w.witness.LastID, Last: w.witness.LastID})
	}
}

// AcceptAudit begins the chain anew over the lines as they stand, and appends a line that says so with what was found at
// fault before. Without a fault it changes nothing. Only a person decides this: what was tampered with before cannot be
// found after.
func (s *Store) AcceptAudit(ctx context.Context) (AuditState, error) {
	var st AuditState
	err := s.tx(ctx, func(tx *gorm.DB) (err error) {
		// Two do not accept at once, and nobody appends meanwhile.
		if err := errors.Join(s.lock(tx).Find(&[]metaRow{}, "name = ?", metaChain).Error, s.lock(tx).Find(&[]auditHead{}, headID).Error); err != nil {
			return err
		}
		if st, err = s.verify(tx, nil); err != nil || len(st.Faults) == 0 {
			return err
		}
		if err := s.takeIn(tx); err != nil {
			return err
		}
		detail := map[string]string{"faults": fmt.Sprint(len(st.Faults))}
		for i, f := range st.Faults[:min(len(st.Faults), 20)] {
			detail[fmt.Sprintf("fault%d", i+1)] = fmt.Sprintf("%s %d-%d", f.Kind, f.ID, f.Last)
		}
		return (&work{Store: s, tx: tx, at: s.now()}).audit([]Audit{{At: s.now(), Action: "accept", Subject: "audit", Detail: detail}})
	})
	return st, err
}
