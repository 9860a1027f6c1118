"""The topics of an analysis: a folder each, with its result tables, how they are filled, and its charts."""
