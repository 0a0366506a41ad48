package scheduler

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/bsm/redislock"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// redisPatience bounds one answer of Redis; a call makes two attempts at most.
	redisPatience = time.Second
	// callPatience bounds a whole call.
	callPatience = 3 * time.Second
	// redisKeys is the prefix of every key and channel.
	redisKeys = "xianjie:"
)

// Redis coordinates several processes. Each process also remembers what it booked and held itself, so that a Redis that
// forgets everything cannot make a process send faster than its own pace.
//
// Goroutines: one in each lease and one in each call of Wakes, all ending with their contexts.
type Redis struct {
	client *redis.Client
	locks  *redislock.Client
	now    func() time.Time
	self   string // tells this process's own wake-ups from those of others
	wakes  wakes

	mu  sync.Mutex
	own map[string]*bookings // by account; guarded by mu
}

// quiet keeps the client from writing to standard error by itself: what goes wrong is returned, and logged by the caller.
var quiet = sync.OnceFunc(logging.Disable)

// NewRedis coordinates through the Redis at addr (host:port), which need not be up yet. Close it after everything that
// uses it has ended.
func NewRedis(addr string, now func() time.Time) *Redis {
	quiet()
	client := redis.NewClient(&redis.Options{
		Addr:                  addr,
		DialTimeout:           redisPatience,
		DialerRetries:         1,
		ReadTimeout:           redisPatience,
		WriteTimeout:          redisPatience,
		PoolTimeout:           redisPatience,
		MaxRetries:            1,
		ContextTimeoutEnabled: true,
		// A feature of managed Redis only; asking for it costs every connection a refused command.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	return &Redis{
		client: client,
		locks:  redislock.New(client),
		now:    now,
		self:   rand.Text(),
		own:    map[string]*bookings{},
	}
}

// Close ends the connections.
func (r *Redis) Close() error { return r.client.Close() }

// Ping says whether Redis answers.
func (r *Redis) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	if err := r.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}

// Times are whole microseconds since 1970 in decimal, which the numbers of Lua hold exactly; they are written with %.0f
// because Lua's own conversion keeps 14 digits only.
var (
	// KEYS: bookings (a list, oldest first), hold. ARGV: earliest, gap, per hour, per day, remembered, now, horizon, per
	// minute, within. It is bookings.next and bookings.book with earliest in place of now.
	luaReserve = redis.NewScript(`
local at = tonumber(ARGV[1])
local now = tonumber(ARGV[6])
local function notBefore(v, after)
  if v then at = math.max(at, tonumber(v) + after) end
end
local function since(n, after)
  if n > 0 then notBefore(redis.call("LINDEX", KEYS[1], -n), after) end
end
local last = redis.call("LINDEX", KEYS[1], -1)
while last and tonumber(last) - now > tonumber(ARGV[7]) do
  redis.call("RPOP", KEYS[1])
  last = redis.call("LINDEX", KEYS[1], -1)
end
notBefore(redis.call("GET", KEYS[2]), 0)
since(1, tonumber(ARGV[2]))
since(tonumber(ARGV[8]), 60e6)
since(tonumber(ARGV[3]), 3600e6)
since(tonumber(ARGV[4]), 86400e6)
local within = tonumber(ARGV[9])
if within > 0 and at - now > within then return string.format("%.0f", at) end
at = string.format("%.0f", at)
redis.call("RPUSH", KEYS[1], at)
redis.call("LTRIM", KEYS[1], -tonumber(ARGV[5]), -1)
redis.call("PEXPIRE", KEYS[1], string.format("%.0f", math.ceil((tonumber(at) - now + 86400e6) / 1000)))
return at`)

	// KEYS: hold. ARGV: until, milliseconds to keep it.
	luaHold = redis.NewScript(`
local held = redis.call("GET", KEYS[1])
if held and tonumber(held) >= tonumber(ARGV[1]) then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`)

	// KEYS: what was allowed (a list, oldest first). ARGV: now, limit, window. An entry farther ahead than a window is
	// from before the clock was set back.
	luaAllow = redis.NewScript(`
local now, limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if limit <= 0 then return 0 end
local last = redis.call("LINDEX", KEYS[1], -1)
while last and tonumber(last) - now > window do
  redis.call("RPOP", KEYS[1])
  last = redis.call("LINDEX", KEYS[1], -1)
end
local first = redis.call("LINDEX", KEYS[1], -limit)
if first and now - tonumber(first) < window then return 0 end
redis.call("RPUSH", KEYS[1], ARGV[1])
redis.call("LTRIM", KEYS[1], -limit, -1)
redis.call("PEXPIRE", KEYS[1], math.ceil(window / 1000))
return 1`)
)

// accountKey keeps all keys of an account together ({…}), as scripts with several keys need.
func accountKey(account, what string) string { return redisKeys + "pace:{" + account + "}:" + what }

// Reserve implements [Coordinator].
func (r *Redis) Reserve(ctx context.Context, account string, p Pace) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	now, gap := r.now(), p.gap()
	// What this process remembers may only delay. The lock is not held while Redis is asked: two calls at once are told
	// apart by the script.
	r.mu.Lock()
	earliest := r.account(account).next(now, gap, p)
	r.mu.Unlock()
	keys := []string{accountKey(account, "bookings"), accountKey(account, "hold")}
	micros, err := luaReserve.Run(ctx, r.client, keys, earliest.UnixMicro(), gap.Microseconds(), p.PerHour, p.PerDay,
		p.remembered(), now.UnixMicro(), bookingHorizon.Microseconds(), p.PerMinute,
		p.Within.Microseconds()).Int64()
	if err != nil {
		return time.Time{}, fmt.Errorf("reserve for %s: %w", account, err)
	}
	at := time.UnixMicro(micros).UTC()
	if at.Before(earliest) { // by the part of a microsecond that was cut off
		at = earliest
	}
	if p.tooFar(at, now) {
		return at, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.account(account).book(at, p)
	return at, nil
}

// Hold implements [Coordinator]. This process keeps the hold even when Redis cannot be told.
func (r *Redis) Hold(ctx context.Context, account string, until time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	r.mu.Lock()
	r.account(account).hold(until)
	r.mu.Unlock()
	left := until.Sub(r.now())
	if left <= 0 {
		return nil
	}
	err := luaHold.Run(ctx, r.client, []string{accountKey(account, "hold")}, until.UnixMicro(), left.Milliseconds()+1).Err()
	if err != nil {
		return fmt.Errorf("hold %s: %w", account, err)
	}
	return nil
}

// account is called with mu held.
func (r *Redis) account(name string) *bookings {
	b := r.own[name]
	if b == nil {
		b = &bookings{}
		r.own[name] = b
	}
	return b
}

// Allow implements [Coordinator].
func (r *Redis) Allow(ctx context.Context, key string, limit int, window time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	ok, err := luaAllow.Run(ctx, r.client, []string{redisKeys + "allow:" + key}, r.now().UnixMicro(), limit,
		window.Microseconds()).Bool()
	if err != nil {
		return false, fmt.Errorf("allow %s: %w", key, err)
	}
	return ok, nil
}

// Wake implements [Coordinator]. Listeners in this process are told whether Redis is there or not.
func (r *Redis) Wake(ctx context.Context, topic string) error {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	r.wakes.tell(topic)
	if err := r.client.Publish(ctx, wakeKey(topic), r.self).Err(); err != nil {
		return fmt.Errorf("wake %s: %w", topic, err)
	}
	return nil
}

func wakeKey(topic string) string { return redisKeys + "wake:" + topic }

// Wakes implements [Coordinator]. When Redis answers, other processes are heard from the moment it returns; otherwise
// as soon as Redis is back.
func (r *Redis) Wakes(ctx context.Context, topic string) <-chan struct{} {
	c := r.wakes.listen(ctx, topic)
	sub := r.client.Subscribe(ctx, wakeKey(topic))
	// Whatever comes of it, the client connects and subscribes again by itself, and reports each time that it did: a
	// wake-up may have been missed then.
	_, _ = sub.ReceiveTimeout(ctx, redisPatience)
	go func() {
		defer sub.Close()
		for messages := sub.ChannelWithSubscriptions(); ; {
			select {
			case <-ctx.Done():
				return
			case m, open := <-messages:
				if !open {
					return
				}
				switch m := m.(type) {
				case *redis.Message:
					if m.Payload != r.self {
						nudge(c)
					}
				case *redis.Subscription:
					nudge(c)
				}
			}
		}
	}()
	return c
}
