package scheduler

import "context"

// TickAndDie is a Tick of a process that dies when it has committed n digests.
func (p *Planner) TickAndDie(ctx context.Context, n int) error {
	now := p.Now()
	due, err := p.Store.StepsDue(ctx, now, maxDue)
	if err != nil {
		return err
	}
	list, err := p.compose(ctx, due, now)
	if err != nil {
		return err
	}
	ready, waiting := p.address(list, nil, now)
	_, err = p.commit(ctx, p.digests(ready, waiting, now)[:n], &Report{})
	return err
}

// Between runs f while no tick is under way.
func (c *Clockwork) Between(f func()) {
	c.ticking.Lock()
	defer c.ticking.Unlock()
	f()
}
