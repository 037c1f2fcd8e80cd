"""Where the parts meet: settings, command line, supervisor, composition roots. Never imported by the other rooms."""

__version__ = "0.1.0"
