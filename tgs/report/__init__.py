"""Records on disk, and the tables, pictures and dashboards made from them. Needs no model."""
