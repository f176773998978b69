"""How the shipped tiny models were trained: endless made examples, one task a file."""
