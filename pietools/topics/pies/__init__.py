"""pies."""
