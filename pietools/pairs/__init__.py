"""``pietools compare``: one dense and one compressed network, from files of predictions to an answer."""
