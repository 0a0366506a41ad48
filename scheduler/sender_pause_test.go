package scheduler_test

import (
	"testing"
	"time"

	"xianjie/scheduler"
)

// Nothing leaves an account a person has paused, answers neither, until a person lets it go on; then at its usual pace.
func TestSenderPausedByHand(t *testing.T) {
	pace := func(s *scheduler.Sender) { s.Pace = scheduler.Pace{Every: 10 * time.Second} }
	sendingOn(t, both, "2020-06-02 10:00", pace, func(t *testing.T, o *outgoing) {
		o.ok(o.PauseAccount(o.ctx, account, nil))
		o.queue("20160001", reply("一"), reply("二"))
		o.later(time.Hour)
		o.restart()
		o.later(time.Hour)
		equal(t, "while it is paused", o.wechat.sent(), nil)
		o.ok(o.ContinueAccount(o.ctx, account, nil))
		o.later(time.Minute)
		equal(t, "afterwards", o.wechat.sent(), []string{"一", "二"})
		if gaps := o.wechat.gaps(); gaps[0] != 10*time.Second {
			t.Errorf("a pause by hand slows nothing down; the messages left %v apart", gaps)
		}
	})
}
