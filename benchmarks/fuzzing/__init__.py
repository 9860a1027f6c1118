"""What fuzz_import.py tries: files of every kind, whole and damaged, and what counts as a fault."""
