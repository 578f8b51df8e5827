"""A centre's content becomes its site: planned, rendered, inspected, placed."""
