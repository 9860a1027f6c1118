"""What is kept of networks beyond their predictions: epochs, features, and probes of layers."""
