"""What log odds of the label say of single examples, where votes say nothing: which were hit, and which answers turn."""
