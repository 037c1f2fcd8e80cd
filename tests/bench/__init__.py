"""`make bench`: Proxeny, FreeRADIUS and radsecproxy under the same load. Never part of the test suite's verdict."""
