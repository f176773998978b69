"""The shipped tiny weights, a folder and a card each, and what installs and checks them: `python -m tgs.zoo`."""
