"""The JSON API of governance, and what the API of every app shares."""
