"""What strangers download: one file that needs nothing of ours, in a folder of its own so that it also runs here."""
