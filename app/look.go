package app

import (
	"context"

	"xianjie/scheduler"
)

// What those who look on may ask a running product for: the console, and monitoring.

// Coordinator is how this process keeps out of the way of others.
func (a *App) Coordinator() scheduler.Coordinator { return a.coord }

// RedisPing asks whether Redis answers; nil where none is used.
func (a *App) RedisPing() func(context.Context) error {
	if r, ok := a.coord.(*scheduler.Redis); ok {
		return r.Ping
	}
	return nil
}
