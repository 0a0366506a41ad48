package seasons

import (
	_ "embed"
	"sync"

	"xianjie/understand"
)

//go:embed words/zh.yaml
var wordsFile []byte

// Words are the words by which messages are read; they are the same for every season. The error is season.Faults.
var Words = sync.OnceValues(func() (*understand.Words, error) {
	return understand.LoadWords("seasons/words/zh.yaml", wordsFile)
})
