package seasons

import "testing"

func TestBuiltInSeasonsLoad(t *testing.T) {
	names := Names()
	if len(names) == 0 {
		t.Fatal("no built-in season")
	}
	for _, n := range names {
		if _, err := Load(n); err != nil {
			t.Errorf("season %s:\n%v", n, err)
		}
	}
}

func TestLoadUnknownNamesWhatThereIs(t *testing.T) {
	if _, err := Load("no-such-season"); err == nil {
		t.Fatal("an unknown season loaded")
	}
}
