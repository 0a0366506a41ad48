//go:build race

package roster

// raced says that the race detector is at work.
const raced = true
