"""From the bytes of a phone to a safe photo: bytes in, safe bytes out (law 6)."""
