package handlers

import (
	"slices"
	"testing"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// open are the open duties about a member with their due dates.
func (w *school) open(id int64) []string {
	w.tb.Helper()
	ds, err := w.OpenDutiesOf(ctx, []int64{id})
	w.ok(err)
	var list []string
	for _, d := range ds {
		list = append(list, d.Rule+" "+d.Due)
	}
	slices.Sort(list)
	return list
}

// selfEmployed is a school in which 张三 has declared and the college's secretary is known.
func selfEmployed(t *testing.T) (*school, storage.Person) {
	t.Helper()
	w := newSchool(t)
	w.clock.set(time.Date(2020, 6, 10, 1, 30, 0, 0, time.UTC))
	p := w.bind("张三", "20160001")
	w.bind("郑", "900002")
	for _, text := range []string{"自主创业", "贵州", "某某区某某街道", "确认"} {
		w.says("张三", text)
	}
	return w, p
}

// What is taken back never was: the duties stand as before it, and the event no longer counts.
func TestUndoBringsDutiesBack(t *testing.T) {
	w, p := selfEmployed(t)
	before := w.open(p.ID)
	w.says("郑", "已发起 张三")
	if after := w.open(p.ID); slices.Equal(before, after) {
		t.Fatalf("initiating closes nothing of %q", before)
	}
	w.says("郑", "撤销 张三")
	if after := w.open(p.ID); !slices.Equal(before, after) {
		t.Errorf("open are %q, before the slip they were %q", after, before)
	}
	m := w.member("20160001")
	if len(m.Events) != 1 || m.Events[0].Event != storage.EventDeclared {
		t.Errorf("the events are %+v", m.Events)
	}
	w.says("郑", "撤销 张三")
	if again := w.member("20160001"); again.Transfer.Version != m.Transfer.Version {
		t.Error("the declaration was taken back by an officer")
	}
}

// The fifteen days of a review run from the day the application was received, not from the day it was recorded.
func TestRecordOnAnEarlierDay(t *testing.T) {
	w, p := selfEmployed(t)
	w.says("郑", "收到申请 张三 6月8日")
	m := w.member("20160001")
	e := m.Events[len(m.Events)-1]
	if d := w.season.DateOf(e.At); d != (season.Date{Year: 2020, Month: time.June, Day: 8}) || !e.RecordedAt.Equal(w.clock.now()) {
		t.Errorf("the event is of %v, recorded at %v", e.At, e.RecordedAt)
	}
	if list := w.open(p.ID); !slices.Contains(list, "review 2020-06-23") {
		t.Errorf("open are %q", list)
	}
}

// What is recorded stands with who said so, and from which message.
func TestRecordedWithItsSource(t *testing.T) {
	w, p := selfEmployed(t)
	w.says("郑", "已发起 张三")
	officer, err := w.PersonByNo(ctx, "900002")
	w.ok(err)
	m := w.member("20160001")
	e := m.Events[len(m.Events)-1]
	said := w.inbox()[len(w.inbox())-1]
	if e.ByPersonID == nil || *e.ByPersonID != officer.ID || e.InboxID == nil || *e.InboxID != said.ID {
		t.Errorf("the event says %+v", e)
	}
	if d := m.Declaration; d.ByPersonID != nil || d.PersonID != p.ID || d.InboxID == nil {
		t.Errorf("the declaration says %+v", d)
	}
}
