package scheduler_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/scheduler"
	"xianjie/storage"
)

// What simulated seasons found, each as small as it gets.

// Seeds 4, 6, 8, 9 and 12: what was queued before an outage and what came due during it were two messages.
func TestAfterAnOutageEverythingIsOneDigest(t *testing.T) {
	sending(t, "2020-06-30 10:00", nil, func(t *testing.T, o *outgoing) {
		o.stop() // the process dies between queueing and sending
		o.wait("2020-07-01 09:00")
		o.tick()
		o.wait("2020-07-16 10:00")
		o.start()
		o.tick()
		o.later(time.Minute)
		if sent := o.wechat.sent(); len(sent) != 1 {
			t.Errorf("%d digests left, want one:\n%s", len(sent), strings.Join(sent, "\n---\n"))
		}
	})
}

// Seed 4: an office changed hands while a digest waited, and nobody was told what it said.
func TestWhoTakesAnOfficeIsToldWhatWaited(t *testing.T) {
	sending(t, "2020-06-30 10:00", nil, func(t *testing.T, o *outgoing) {
		o.officer("90002 钱敏 college 机械学院")
		o.befriend("90002")
		o.endOffice("90002")
		o.wechat.set(false)
		o.wait("2020-07-01 09:00")
		o.tick()
		o.officer("90002 钱敏 college 机械学院")
		o.endOffice("90001")
		o.wechat.set(true)
		o.later(time.Minute)
		o.tick()
		o.later(time.Minute)
		if !slices.ContainsFunc(o.wechat.tried, func(a attempt) bool { return a.to.UserName == "@90002" }) {
			t.Errorf("nobody was told; messages ended as %v", o.states())
		}
	})
}

// endOffice ends the office of a college secretary.
func (w *school) endOffice(no string) {
	w.t.Helper()
	w.ok(w.ApplyRoster(w.ctx, w.season, storage.Roster{
		Committee: "校团委", Audit: storage.Audit{At: time.Now(), Action: "import", Subject: "roster"},
		RolesEnded: []storage.Seat{{No: no, Party: storage.OrgCollege, College: "机械学院"}},
	}))
}

// By reading, and by this test: a reminder that WeChat refuses for good counts as given, and nobody else is told.
func TestRefusedReminderGoesToSomebodyElse(t *testing.T) {
	sending(t, "2020-06-30 10:00", nil, func(t *testing.T, o *outgoing) {
		o.officer("95001 孙毅 committee")
		o.befriend("95001")
		o.wechat.answers = []scheduler.Outcome{{Kind: scheduler.Refused, Err: errors.New("1201")}}
		o.wait("2020-07-01 09:00")
		o.tick()
		o.later(10 * time.Minute)
		o.tick()
		o.later(10 * time.Minute)
		if !slices.ContainsFunc(o.wechat.tried, func(a attempt) bool { return a.to.UserName == "@95001" }) {
			t.Errorf("nobody else was told; messages ended as %v", o.states())
		}
	})
}
