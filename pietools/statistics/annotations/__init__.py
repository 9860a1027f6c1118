"""What people said of examples: how far they agree, and which pairs differ."""
