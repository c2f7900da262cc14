// Package copilot answers questions about the whole house. What it understands
// whole (package intent) it answers by itself, without a model; the rest goes to
// a model, if there is one, which may look things up only with the same tools.
// Tools read with the permissions of whoever asks. What changes something is a
// proposal that the person confirms. Every number in an answer comes from a tool.
package copilot
