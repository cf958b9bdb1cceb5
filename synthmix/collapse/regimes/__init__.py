"""How the table that the next generation is made from is put together from real and made rows."""
