"""Neighbours for the demo city: home institutions and an access point, each a process of its own speaking real RADIUS.

Never imported by anything but the demo and its tests.
"""
