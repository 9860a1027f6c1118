"""What people are given: the answer in sentences, one HTML file that needs nothing else, figures, and JSON."""
