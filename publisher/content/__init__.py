"""The truth: posts and photos of the centres, in files that a town can read without Préau."""
