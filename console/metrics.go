package console

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"xianjie/storage"
)

// ServeMetrics answers monitoring at l until ctx ends. It asks for no sign-in and names nobody: it belongs on a listener of
// its own that only monitoring reaches.
//
//	/healthz   the process runs
//	/readyz    it can work: the database answers, and Redis where it is used
//	/metrics   numbers for Prometheus
func (c *Console) ServeMetrics(ctx context.Context, l net.Listener) error {
	return serve(ctx, l, c.MetricsHandler(), c.Log)
}

// MetricsHandler is what ServeMetrics serves.
func (c *Console) MetricsHandler() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &gauges{c})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", c.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}))
	return mux
}

// patience bounds how long monitoring waits for an answer.
const patience = 5 * time.Second

func (c *Console) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	what, err := "database", c.Store.Ping(ctx)
	if err == nil && c.Redis != nil {
		what, err = "redis", c.Redis(ctx)
	}
	if err != nil {
		c.Log.Warn("not ready", "because", what, "err", err)
		http.Error(w, what+" does not answer", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n")) // who left misses nothing
}

// gauges ask the database when Prometheus does. What cannot be asked makes the whole answer an error: a number that is
// missing must not look like nought.
type gauges struct{ c *Console }

var (
	accountOnline  = prometheus.NewDesc("xianjie_account_online", "1 while the WeChat account is logged in.", []string{"account"}, nil)
	accountHeld    = prometheus.NewDesc("xianjie_account_held", "1 while nothing may leave the account: WeChat or a person stopped it.", []string{"account"}, nil)
	outboxMessages = prometheus.NewDesc("xianjie_outbox_messages", "Messages that wait: ready could leave now, later is meant for later, held waits for a person.", []string{"account", "state"}, nil)
	outboxAge      = prometheus.NewDesc("xianjie_outbox_oldest_ready_seconds", "How long the oldest message that could leave has waited.", []string{"account"}, nil)
	dutiesOpen     = prometheus.NewDesc("xianjie_duties_open", "Duties that are still to be done, by rule of the season.", []string{"rule"}, nil)
	dutiesOverdue  = prometheus.NewDesc("xianjie_duties_overdue", "Of these, those past their day.", []string{"rule"}, nil)
	members        = prometheus.NewDesc("xianjie_members", "Members on the roster, by destination; empty: undeclared.", []string{"destination"}, nil)
)

// Describe implements [prometheus.Collector].
func (g *gauges) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(g, to) }

// Collect implements [prometheus.Collector].
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, name := range g.c.Accounts {
		a, err := g.c.Store.AccountNamed(ctx, name)
		if err != nil {
			to <- prometheus.NewInvalidMetric(accountOnline, err)
			return
		}
		q, err := g.c.Store.QueueOf(ctx, name)
		if err != nil {
			to <- prometheus.NewInvalidMetric(outboxMessages, err)
			return
		}
		gauge(accountOnline, one(a.Phase == "online"), name)
		gauge(accountHeld, one(a.StoppedAt != nil || a.PausedAt != nil), name)
		gauge(outboxMessages, float64(q.Ready), name, "ready")
		gauge(outboxMessages, float64(q.Later), name, "later")
		gauge(outboxMessages, float64(q.Held), name, "held")
		age := 0.0
		if q.Waiting != nil {
			age = max(0, g.c.Now().Sub(*q.Waiting).Seconds())
		}
		gauge(outboxAge, age, name)
	}
	n, err := g.c.counts.of(ctx, storage.Scope{}, aMoment)
	if err != nil {
		to <- prometheus.NewInvalidMetric(members, err)
		return
	}
	open, overdue, going := map[string]int{}, map[string]int{}, map[string]int{}
	for _, d := range n.duties {
		open[d.Rule] += d.N
		overdue[d.Rule] += d.Lapsed
	}
	for _, u := range n.counts {
		going[u.Destination] += u.N
	}
	for _, r := range g.c.Season.Duties { // nought as well: a series that vanishes looks like one that stands still
		gauge(dutiesOpen, float64(open[r.Key]), r.Key)
		gauge(dutiesOverdue, float64(overdue[r.Key]), r.Key)
	}
	gauge(members, float64(going[""]), "")
	for _, d := range g.c.Season.Destinations {
		gauge(members, float64(going[d.Key]), d.Key)
	}
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
