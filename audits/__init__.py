"""Is it fair, calibrated, stable, useful, and who answers for it."""
