"""Coverage-guided fuzzing of everything a stranger's octets reach: `make fuzz SECONDS=300 TARGET=engine`.

One target a file: `one(octets)` feeds them in and asserts what must hold; `seeds()` gives it a start. The corpus is
kept in corpus/TARGET/. Never a port, never the network.
"""
