"""Profile → str. Raw bytes in JSON, human units in text; the order is fixed here, and nothing is printed."""
