"""Agreement, calibration, the change of accuracy, and accuracy on PIEs."""
