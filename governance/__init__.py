"""Who may do what, who agreed to it, and the record that proves it."""
