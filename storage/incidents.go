package storage

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
)

// Incident is a trouble people outside WeChat are told of. Of each trouble of an account one is open at a time, whoever
// notices it.
type Incident struct {
	ID      int64
	Trouble string
	Account string    // "" where no account is concerned
	Since   time.Time // when the trouble began
	BegunAt time.Time // when it was noticed
	ToldAt  time.Time // when people were last to be told that it goes on
	OverAt  *time.Time
	OpenKey *string // nil when it is over
}

// key is the trouble itself.
func (i Incident) key() string { return i.Trouble + "/" + i.Account }

// Alert is what one channel is to tell about an incident.
type Alert struct {
	ID         int64
	IncidentID int64
	Event      string
	Channel    string
	State      string // AlertQueued, …
	At         time.Time
	NotBefore  time.Time
	Attempts   int
	DoneAt     *time.Time
	Reason     string
}

// States of an alert.
const (
	AlertQueued  = "queued"
	AlertSent    = "sent"
	AlertFailed  = "failed"  // the channel refused it for a day
	AlertDropped = "dropped" // overtaken by the end of the incident
)

// Events of an incident.
const (
	EventBegun = "begun"
	EventStill = "still"
	EventOver  = "over"
)

const (
	// remindAlert is how often an incident that goes on is told again.
	remindAlert = 24 * time.Hour
	// alertLease is longer than any channel takes; an alert whose process died is told by another afterwards.
	alertLease = 2 * time.Minute
	// firstAlertPause doubles with every attempt, up to lastAlertPause.
	firstAlertPause = 10 * time.Second
	lastAlertPause  = 10 * time.Minute
	// alertLife is how long a channel that refuses is tried.
	alertLife = 24 * time.Hour
)

// OpenIncidents are those that last.
func (s *Store) OpenIncidents(ctx context.Context) ([]Incident, error) {
	var is []Incident
	return is, s.db(ctx).Where("open_key IS NOT NULL").Order("id").Find(&is).Error
}

// Due reports whether an incident that goes on is to be told again.
func (i Incident) Due(now time.Time) bool { return now.Sub(i.ToldAt) >= remindAlert }

// NoteTrouble opens an incident, or finds it open, and queues what channels are to tell: at its beginning, and once more
// for each day it goes on. It returns the event that is told, "" for none.
func (s *Store) NoteTrouble(ctx context.Context, i Incident, channels []string) (event string, err error) {
	err = s.tx(ctx, func(tx *gorm.DB) error {
		now := s.now()
		var open []Incident
		if err := s.lock(tx).Where("open_key = ?", i.key()).Find(&open).Error; err != nil {
			return err
		}
		if len(open) == 0 {
			key := i.key()
			i.ID, i.Since, i.BegunAt, i.ToldAt, i.OverAt, i.OpenKey = 0, utc(i.Since), now, now, nil, &key
			event = EventBegun
			if err := tx.Create(&i).Error; err != nil {
				return err // another process was faster: tx looks again
			}
			return alerts(tx, i.ID, event, now, channels)
		}
		if event = ""; !open[0].Due(now) {
			return nil
		}
		event = EventStill
		if err := tx.Model(&Incident{}).Where("id = ?", open[0].ID).Update("told_at", now).Error; err != nil {
			return err
		}
		return alerts(tx, open[0].ID, event, now, channels)
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return "", nil
	}
	return event, err
}

// EndTrouble closes an open incident and queues the word that it is over; what was still to be said about its going on is
// dropped. It reports whether there was one.
func (s *Store) EndTrouble(ctx context.Context, trouble, account string, channels []string) (ended bool, err error) {
	err = s.tx(ctx, func(tx *gorm.DB) error {
		ended = false
		var open []Incident
		err := s.lock(tx).Where("open_key = ?", Incident{Trouble: trouble, Account: account}.key()).Find(&open).Error
		if err != nil || len(open) == 0 {
			return err
		}
		ended = true
		now := s.now()
		if err := tx.Model(&Incident{}).Where("id = ?", open[0].ID).Updates(map[string]any{"open_key": nil, "over_at": now}).Error; err != nil {
			return err
		}
		err = tx.Model(&Alert{}).Where("incident_id = ? AND event = ? AND state = ?", open[0].ID, EventStill, AlertQueued).
			Updates(map[string]any{"state": AlertDropped, "done_at": now}).Error
		if err != nil {
			return err
		}
		return alerts(tx, open[0].ID, EventOver, now, channels)
	})
	return ended, err
}

// alerts queues one alert for each channel.
func alerts(tx *gorm.DB, incident int64, event string, now time.Time, channels []string) error {
	if len(channels) == 0 {
		return nil
	}
	rows := make([]Alert, len(channels))
	for i, c := range channels {
		rows[i] = Alert{IncidentID: incident, Event: event, Channel: c, State: AlertQueued, At: now, NotBefore: now}
	}
	return tx.Create(&rows).Error
}

// DueAlert is an alert to be told now.
type DueAlert struct {
	Alert    Alert
	Incident Incident
}

// AlertsDue are the channels that have something to tell now. Index alerts_queue.
func (s *Store) AlertsDue(ctx context.Context) ([]string, error) {
	var channels []string
	return channels, s.db(ctx).Model(&Alert{}).Where("state = ? AND not_before <= ?", AlertQueued, s.now()).Distinct().Pluck("channel", &channels).Error
}

// ClaimAlerts takes the alerts a channel is to tell now, oldest first. One that is not finished within alertLease, because its
// process died, comes again. Index alerts_queue.
func (s *Store) ClaimAlerts(ctx context.Context, channel string) ([]DueAlert, error) {
	var due []DueAlert
	err := s.tx(ctx, func(tx *gorm.DB) error {
		due = nil
		now := s.now()
		var rows []Alert
		err := s.lock(tx).Where("state = ? AND not_before <= ? AND channel = ?", AlertQueued, now, channel).Order("id").Limit(50).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		ids, of := make([]int64, len(rows)), make([]int64, len(rows))
		for i, a := range rows {
			ids[i], of[i] = a.ID, a.IncidentID
		}
		var incidents []Incident
		if err := tx.Where("id IN ?", of).Find(&incidents).Error; err != nil {
			return err
		}
		byID := make(map[int64]Incident, len(incidents))
		for _, i := range incidents {
			byID[i.ID] = i
		}
		for _, a := range rows {
			a.Attempts++
			due = append(due, DueAlert{a, byID[a.IncidentID]})
		}
		return tx.Model(&Alert{}).Where("id IN ?", ids).
			Updates(map[string]any{"not_before": now.Add(alertLease), "attempts": gorm.Expr("attempts + 1")}).Error
	})
	return due, err
}

// FinishAlert notes that a claimed alert was told, or why not: then it is tried again later and later, for a day.
func (s *Store) FinishAlert(ctx context.Context, a Alert, why string) error {
	now := s.now()
	set := map[string]any{"reason": clip(why)}
	switch {
	case why == "":
		set["state"], set["done_at"] = AlertSent, now
	case now.Sub(a.At) >= alertLife:
		set["state"], set["done_at"] = AlertFailed, now
	default:
		pause := firstAlertPause
		for n := 1; n < a.Attempts && pause < lastAlertPause; n++ {
			pause *= 2
		}
		set["not_before"] = now.Add(min(pause, lastAlertPause))
	}
	return s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Model(&Alert{}).Where("id = ? AND state = ?", a.ID, AlertQueued).Updates(set).Error
	})
}

// Head is the message that would leave an account next.
type Head struct {
	ID   int64
	Kind string
}

// OutHead is the message of an account that would leave next; the zero Head when none can leave now. Index outbox_queue.
func (s *Store) OutHead(ctx context.Context, account string) (Head, error) {
	var heads []Head
	err := s.db(ctx).Raw("SELECT o.id, o.kind "+s.claimable()+" LIMIT 1", account, s.now()).Scan(&heads).Error
	if err != nil || len(heads) == 0 {
		return Head{}, err
	}
	return heads[0], nil
}
