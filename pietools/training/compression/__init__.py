"""Pruning with masks, quantization, and what either did to each layer."""
