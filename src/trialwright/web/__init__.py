"""The web outlet: one local library in, pages for people and an API for programs out, over HTTP.

It keeps nothing of a patient: what is posted stays in memory for the time of its answer, and stands in no URL, log or error.
"""
