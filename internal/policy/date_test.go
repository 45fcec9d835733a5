package policy

import (
	"testing"
	"time"
)

// TestDatePast: what expires on a day is valid through that day, UTC.
func TestDatePast(t *testing.T) {
	t.Parallel()
	var d Date
	if d.past(time.Now()) || d.String() != "" || !d.IsZero() {
		t.Error("no date is past")
	}
	if err := d.setText("2026-12-31"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		now  string
		want bool
	}{
		{"2026-12-30T23:00:00Z", false},
		{"2026-12-31T00:00:00Z", false},
		{"2026-12-31T23:59:59Z", false},
		{"2027-01-01T00:00:00Z", true},
		{"2027-01-01T08:00:00+09:00", false},
		{"2026-12-31T20:00:00-08:00", true},
	}
	for _, test := range tests {
		now, err := time.Parse(time.RFC3339, test.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.past(now); got != test.want {
			t.Errorf("%s: %s past is %v", test.now, d, got)
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Days{
		"1d": 1, "180d": 180, "2w": 14, "99999d": 99999,
		"": 0, "d": 0, "w": 0, "0d": 0, "-1d": 0, "+1d": 0, "1.5d": 0, "1dw": 0, "1wd": 0, "1 d": 0, "1m": 0, "1D": 0,
		"100000d": 0,
	} {
		var got Days
		if err := got.setText(text); (err == nil) != (want > 0) || got != want {
			t.Errorf("%q is %d days, want %d: %v", text, got, want, err)
		}
	}
}
