"""Whole roads, with real peers at both ends: one file for each numbered promise of the road."""
