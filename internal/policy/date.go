package policy

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Date is a day in UTC. The zero Date means that none was given.
type Date struct {
	day time.Time // midnight UTC
}

// DateOf returns the day of a moment, in UTC.
func DateOf(now time.Time) Date { return Date{now.UTC().Truncate(24 * time.Hour)} }

// ParseDate reads YYYY-MM-DD. The error says what to write instead.
func ParseDate(text string) (Date, error) {
	var d Date
	err := d.setText(text)
	return d, hinted(err)
}

// AddDays returns the day so many days later.
func (d Date) AddDays(n int) Date { return Date{d.day.AddDate(0, 0, n)} }

// IsZero says that no date was given.
func (d Date) IsZero() bool { return d.day.IsZero() }

// Time returns the first moment of the day, UTC.
func (d Date) Time() time.Time { return d.day }

// String returns the date as YYYY-MM-DD, "" if none was given.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.day.Format(time.DateOnly)
}

// past says whether the day is over at the moment now, in UTC: what expires on a day is valid through that day. A
// date that was not given is never past.
func (d Date) past(now time.Time) bool {
	return !d.IsZero() && !now.Before(d.day.AddDate(0, 0, 1))
}

// setText reads YYYY-MM-DD.
func (d *Date) setText(text string) error {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return badDate(text)
	}
	if day.Year() < 2000 {
		return badValue("correct the year", "%s is before Go had modules", text)
	}
	d.day = day
	return nil
}

// badDate says why a text is no date: its form, its month or its day.
func badDate(text string) error {
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '0'
		}
		return r
	}, text)
	if digits != "0000-00-00" {
		return badValue("write it as 2026-12-31", "%q is not a date", clip(text))
	}
	y, _ := strconv.Atoi(text[:4])
	m, _ := strconv.Atoi(text[5:7])
	if m < 1 || m > 12 {
		return badValue("write year-month-day", "%s does not exist: there is no month %d", text, m)
	}
	last := time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return badValue(fmt.Sprintf("the last day is %.7s-%d", text, last), "%s does not exist: %s %d has %d days",
		text, time.Month(m), y, last)
}

// Days is a span of time as the policy file has it, "30d" or "2w", in days. Zero means that none was given.
type Days int

// ParseDays reads a span of time as the policy file has it: 30d, 2w. The error says what to write instead.
func ParseDays(text string) (Days, error) {
	var d Days
	err := d.setText(text)
	return d, hinted(err)
}

// setText reads a whole number from 1 to 99999, then d or w.
func (d *Days) setText(text string) error {
	number, weeks := strings.CutSuffix(text, "w")
	number, days := strings.CutSuffix(number, "d")
	n, err := strconv.ParseUint(number, 10, 17)
	if err != nil || n == 0 || n > 99999 || weeks == days {
		return badValue("write days or weeks as 30d or 2w", "%q is not a duration", clip(text))
	}
	if weeks {
		n *= 7
	}
	*d = Days(n)
	return nil
}

// clip shortens a text for a message.
func clip(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
