"""Words shared by trials and charts: places in text, partial dates, quantities, concepts and the vocabulary that knows them.

Nothing here knows what a trial or a patient is; every other package may import it.
"""
