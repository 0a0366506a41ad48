package app

import (
	"context"

	"xianjie/bot"
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

// Connection is how the connection of an account of this process stands; false when it has none of that name. Where
// another process holds the account, it is offline here.
func (a *App) Connection(account string) (bot.State, bool) {
	for _, acc := range a.accounts {
		if acc.name == account {
			return acc.bot.State(), true
		}
	}
	return bot.State{}, false
}
