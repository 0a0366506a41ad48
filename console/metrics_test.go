package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"xianjie/console"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// ask asks the listener for monitoring.
func ask(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	return answer.Code, answer.Body.String()
}

func TestMetrics(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o storage.Options) {
		w := newWorld(t, o, 5)
		w.queueOf(committeeNo, 3)
		h := console.New(w.options("")).MetricsHandler()
		status, text := ask(t, h, "/metrics")
		lines := strings.Split(text, "\n")
		for _, want := range []string{
			`xianjie_account_online{account="main"} 1`,
			`xianjie_account_held{account="main"} 0`,
			`xianjie_outbox_messages{account="main",state="ready"} 3`,
			fmt.Sprintf(`xianjie_members{destination="employed"} %d`, w.count("SELECT COUNT(*) FROM transfers WHERE destination = 'employed'")),
			fmt.Sprintf(`xianjie_members{destination=""} %d`, w.count("SELECT COUNT(*) FROM transfers WHERE destination = ''")),
			fmt.Sprintf(`xianjie_duties_open{rule="initiate"} %d`, w.count("SELECT COUNT(*) FROM duties WHERE rule = 'initiate' AND closed_at IS NULL")),
		} {
			if !slices.Contains(lines, want) {
				t.Errorf("no line %s", want)
			}
		}
		if status != http.StatusOK || strings.Contains(text, "钱") {
			t.Errorf("%d, and it names nobody", status)
		}
	})
}

func TestReady(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 1)
	o := w.options("")
	answers := errors.New("connection refused")
	o.Redis = func(context.Context) error { return answers }
	h := console.New(o).MetricsHandler()
	if status, _ := ask(t, h, "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("ready without Redis: %d", status)
	}
	answers = nil
	if status, _ := ask(t, h, "/readyz"); status != http.StatusOK {
		t.Errorf("not ready: %d", status)
	}
	w.ok(w.Close())
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable, "/metrics": http.StatusInternalServerError, "/": http.StatusNotFound} {
		if status, _ := ask(t, h, path); status != want {
			t.Errorf("%s without a database: %d", path, status)
		}
	}
}
