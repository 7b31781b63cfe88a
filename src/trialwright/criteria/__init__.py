"""Eligibility text to a typed tree: the node types and their meaning, their JSON form, plain words, and the front end that reads them."""
