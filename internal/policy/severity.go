package policy

// A Severity says how much a finding weighs. The zero value is Off: the rule does not speak.
type Severity int

// The severities, in rising order: they may be compared with <.
const (
	Off   Severity = iota // not reported
	Info                  // reported, never fails a check
	Warn                  // fails a check with --fail-on warn
	Error                 // fails a check
)

// String returns the word that the policy file and every output use: "off", "info", "warn" or "error".
func (s Severity) String() string {
	switch s {
	case Off:
		return "off"
	case Info:
		return "info"
	case Warn:
		return "warn"
	case Error:
		return "error"
	}
	return "unknown"
}

// ParseSeverity is the inverse of String. It knows no other spelling: "warning" is not a severity.
func ParseSeverity(word string) (Severity, bool) {
	for s := Off; s <= Error; s++ {
		if s.String() == word {
			return s, true
		}
	}
	return Off, false
}

// setText is ParseSeverity for the policy file.
func (s *Severity) setText(text string) error {
	if known, ok := ParseSeverity(text); ok {
		*s = known
		return nil
	}
	return badValue(didYouMean(text, []string{"error", "warn", "info", "off"}), "%q is not a severity", clip(text))
}
