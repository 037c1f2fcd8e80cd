"""The verbs of the command line, one module each: `command` is what proxeny.cli runs. Never imported by a worker."""
