"""Think: a language model that sees and hears reasons about a reference, then names the object."""
