"""The plan on a device: the rules of :mod:`synthmix.mixing` and :mod:`synthmix.kernels` as tensor operations.

Every function takes the numbers of rows and returns what the compiled kernels return for them: integers are equal,
weights are equal to one unit in the last place. Rows may be asked for in any order and on any device.
"""
