"""LightningModules: what is trained and how, and evaluation inside Lightning's Trainer."""
