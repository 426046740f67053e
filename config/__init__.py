"""Settings, addresses, schedule."""
