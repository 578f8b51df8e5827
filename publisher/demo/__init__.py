"""The invented town of Valmont-sur-Rive: an instance to try, with its own ENT and its own pictures."""
