"""The project's words as frozen values. Nothing here reads, writes, waits or looks at a clock."""
