"""The only bridge from released tables to pages, downloads and reports."""
