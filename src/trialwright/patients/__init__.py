"""Patients: the dated facts an engine may read, and the loaders that produce them from charts."""
