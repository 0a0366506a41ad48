package wechatsim

import (
	"slices"
	"strconv"
	"strings"
)

// itemKind is what an item of an account's log reports.
type itemKind int

const (
	itemMessage    itemKind = iota
	itemModContact          // names or remark changed
	itemAddContact
	itemDelContact
	itemMembers // of a group changed
	itemChat    // a chat was opened on the phone
)

// item is one thing a web session is told. The log outlives sessions: a client that was away asks with its old key.
type item struct {
	kind itemKind
	msg  *message
	who  entity
	only *session // nil: for any session
}

// head is the position after the last item.
func (a *Account) head() int { return a.dropped + len(a.log) }

// visible is the position up to which sessions are told; less than head while the phone sleeps.
func (a *Account) visible() int {
	if a.asleep {
		return a.frozen
	}
	return a.head()
}

// push appends to the log and ends waiting polls.
func (a *Account) push(it item) {
	a.log = append(a.log, it)
	if it.kind == itemMessage && a.s.behaviour.Duplicate && it.msg.msgType != typeStatus {
		a.log = append(a.log, it)
	}
	if keep := a.s.behaviour.Retain; keep > 0 && len(a.log) > keep {
		cut := len(a.log) - keep
		a.log, a.dropped = slices.Clone(a.log[cut:]), a.dropped+cut
	}
	a.syncVersion = a.checkVersion
	a.signal()
}

// signal ends waiting polls of the account, which then look again.
func (a *Account) signal() {
	close(a.wake)
	a.wake = make(chan struct{})
}

// touch moves a chat to the top of the recent ones.
func (a *Account) touch(e entity) {
	i := slices.Index(a.recent, e)
	if i < 0 {
		if len(a.recent) < recentKept {
			a.recent = append(a.recent, nil)
		}
		i = len(a.recent) - 1
	}
	copy(a.recent[1:i+1], a.recent[:i])
	a.recent[0] = e
}

// keyPair is one stream of a SyncKey.
type keyPair struct {
	Key int64
	Val int64
}

// syncKey is opaque to clients. Stream 1 holds the position in the log, stream 1000 the version that runs ahead after
// media was sent (Behaviour.MediaKeyAhead); the others are for show.
type syncKey struct {
	Count int
	List  []keyPair
}

var emptyKey = syncKey{List: []keyPair{}}

// Bases of the values, so that they look like the real ones.
const (
	positionBase = 636_000_000
	versionBase  = 1_463_000_000
)

func keyAt(position, version int) syncKey {
	p := int64(position)
	list := []keyPair{{1, positionBase + p}, {2, positionBase + 777 + p}, {3, positionBase + 555}, {1000, versionBase + int64(version)}}
	return syncKey{Count: len(list), List: list}
}

// where reads a key back; false for a key this server never gave.
func (k syncKey) where() (position, version int, ok bool) {
	var hasPosition, hasVersion bool
	for _, pair := range k.List {
		switch pair.Key {
		case 1:
			position, hasPosition = int(pair.Val-positionBase), true
		case 1000:
			version, hasVersion = int(pair.Val-versionBase), true
		}
	}
	return position, version, hasPosition && hasVersion && position >= 0 && version >= 0
}

// parseKey reads the form of synccheck, k_v|k_v….
func parseKey(text string) syncKey {
	var k syncKey
	for pair := range strings.SplitSeq(text, "|") {
		key, val, _ := strings.Cut(pair, "_")
		n, err := strconv.ParseInt(key, 10, 64)
		v, err2 := strconv.ParseInt(val, 10, 64)
		if err != nil || err2 != nil {
			return syncKey{}
		}
		k.List = append(k.List, keyPair{n, v})
	}
	k.Count = len(k.List)
	return k
}
