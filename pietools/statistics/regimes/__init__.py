"""Are the same examples lost in another regime? Two ways of training, each with dense and compressed networks."""
