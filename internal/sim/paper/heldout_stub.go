package paper

func tuneText() []Layout { return nil }
func heldOut() []Layout  { return nil }
