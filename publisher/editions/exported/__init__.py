"""What stands in an exported folder beside copies of our own modules: a plugin for Pelican."""
