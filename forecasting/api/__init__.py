"""The JSON API of forecasting: all of it needs a signed-in role."""
