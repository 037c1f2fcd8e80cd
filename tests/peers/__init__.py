"""Real programs that the tests talk to, and small real twins for what no program does on demand."""
