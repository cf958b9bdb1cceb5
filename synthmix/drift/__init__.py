"""How far a new table is from a reference: numbers that carry their null, their interval and their doubt."""
