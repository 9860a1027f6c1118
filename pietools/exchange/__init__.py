"""Files of other people in and out: predictions, properties, whole studies."""
