"""The only bridge from forecasting's rows to arrays, and the questions other apps ask about runs and plans."""
