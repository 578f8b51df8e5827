"""Préau: a leisure centre's programmes, reminders and photos, for its families and nobody else."""
