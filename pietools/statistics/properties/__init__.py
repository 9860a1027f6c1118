"""Properties of single examples, from what is recorded of dense networks: one function each, an example a value.

Every function returns a polars Series of length n by the property's name: Float64 (Boolean for ``is_label_issue``),
null where there is no value, never NaN.

Networks come as anything that can be gone through once, an array of shape (networks, …) or a generator of one array per
network: no function holds more than one network's logits or features. A property is the mean over the networks of its
value for each, but ``entropy``, ``agreement``, ``label_noise`` and ``is_label_issue``, which are of the networks' mean
probabilities or votes. A mean is over the networks that have a value, and null where none has.
"""
