"""The dataset doctor: is everything there and sound that a long run will need? It reads, and changes nothing."""
