"""A trial's funnel over a population: counted cells in; tables, drawings and files without small numbers out."""
