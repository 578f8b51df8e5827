"""The team's app: what animators and directors write with. Forms in, documents out, nothing built."""
