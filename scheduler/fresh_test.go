package scheduler_test

import (
	"testing"
	"testing/synctest"
	"time"

	"xianjie/scheduler"
	"xianjie/storage"
)

func TestDigestAsItLeaves(t *testing.T) {
	for _, row := range []struct {
		name    string
		records func(*outgoing)
		says    []string // nil: nothing is sent
		lacks   []string
		state   string
	}{
		{"nothing", func(*outgoing) {}, []string{"3人的转接还没发起（还有7天截止）：学生1、学生2、学生3"}, nil, "sent"},
		{"one of three is done", func(o *outgoing) { o.record("20160001", "initiated") }, []string{"2人的转接还没发起", "：学生2、学生3"}, []string{"学生1"}, "sent"},
		{"all are done", func(o *outgoing) {
			for _, no := range []string{"20160001", "20160002", "20160003"} {
				o.record(no, "initiated")
			}
		}, nil, nil, "dropped"},
		{"another destination", func(o *outgoing) { o.declare("20160001", "delayed", "") }, []string{"2人的转接还没发起"}, []string{"学生1"}, "sent"},
		{"two days pass", func(*outgoing) { time.Sleep(48 * time.Hour) }, []string{"3人的转接还没发起（还有5天截止）"}, nil, "sent"},
		{"the date passes", func(*outgoing) { time.Sleep(8 * 24 * time.Hour) }, nil, nil, "dropped"},
		{"the reader leaves office", func(o *outgoing) {
			o.ok(o.ApplyRoster(o.ctx, o.season, storage.Roster{
				Committee: "校团委", Audit: storage.Audit{At: time.Now(), Action: "import", Subject: "roster"},
				RolesEnded: []storage.Seat{{No: "90001", Party: storage.OrgCollege, College: "机械学院"}},
			}))
		}, nil, nil, "dropped"},
		{"a member is struck off", func(o *outgoing) {
			o.strike("20160003 学生3 机械学院")
		}, []string{"2人的转接还没发起"}, []string{"学生3"}, "sent"},
	} {
		t.Run(row.name, func(t *testing.T) {
			byItself := func(s *scheduler.Sender) {
				slowly(s)
				s.Ahead = nil
			}
			sendingOn(t, both, "2020-07-20 10:00", byItself, func(t *testing.T, o *outgoing) {
				o.wechat.set(false)
				o.wait("2020-07-24 09:00")
				o.tick()
				row.records(o)
				o.wechat.set(true)
				o.later(2 * time.Minute)
				equal(t, "state", o.states(), []string{row.state})
				sent := o.wechat.sent()
				if row.says == nil {
					if len(sent) != 0 {
						t.Errorf("sent: %q", sent)
					}
					return
				}
				if len(sent) != 1 {
					t.Fatalf("sent: %q", sent)
				}
				has(t, sent[0], row.says...)
				lacks(t, sent[0], row.lacks...)
				stored, err := o.LatestSent(o.ctx, 1)
				o.ok(err)
				if stored[0].Text != sent[0] {
					t.Errorf("stored %q, sent %q", stored[0].Text, sent[0])
				}
			})
		})
	}
}

func TestSenderQuietTime(t *testing.T) {
	sending(t, "2020-07-20 10:00", nil, func(t *testing.T, o *outgoing) {
		o.wechat.set(false)
		o.wait("2020-07-24 09:00")
		o.tick()
		o.wait("2020-07-24 22:30")
		o.queue("20160001", storage.Out{Kind: storage.OutNotice, Text: "通知"}, storage.Out{Kind: storage.OutNudge, Text: "提醒"}, reply("回答"))
		o.wechat.set(true)
		o.later(time.Hour)
		equal(t, "at night", o.wechat.sent(), []string{"回答"})
		o.wait("2020-07-25 07:59")
		synctest.Wait()
		equal(t, "a minute early", o.wechat.sent(), []string{"回答"})
		o.wait("2020-07-25 08:01")
		synctest.Wait()
		sent := o.wechat.sent()
		if len(sent) != 4 || sent[2] != "提醒" || sent[3] != "通知" {
			t.Fatalf("in the morning: %q", sent)
		}
		has(t, sent[1], "还有6天截止")

		o.wechat.set(false)
		o.wait("2020-07-31 09:00")
		o.tick()
		o.wait("2020-07-31 23:00")
		o.wechat.set(true)
		o.later(time.Minute)
		sent = o.wechat.sent()
		if len(sent) != 5 {
			t.Fatalf("an hour before the date passes: %q", sent[4:])
		}
		has(t, sent[4], "今天截止")
	})
}

func TestDroppedMessagesCostNoPace(t *testing.T) {
	pace := func(s *scheduler.Sender) { s.Pace = scheduler.Pace{Every: time.Hour, PerDay: 2} }
	sending(t, "2020-07-20 10:00", pace, func(t *testing.T, o *outgoing) {
		o.wechat.set(false)
		o.wait("2020-07-24 09:00")
		o.tick()
		for _, no := range []string{"20160001", "20160002", "20160003"} {
			o.record(no, "initiated")
		}
		o.queue("20160001", storage.Out{Kind: storage.OutNotice, Text: "一"}, storage.Out{Kind: storage.OutNotice, Text: "二"})
		o.wechat.set(true)
		o.later(61 * time.Minute)
		equal(t, "sent", o.wechat.sent(), []string{"一", "二"})
		if gaps := o.wechat.gaps(); gaps[0] != time.Hour {
			t.Errorf("one hour is the pace, they left %v apart", gaps[0])
		}
	})
}
