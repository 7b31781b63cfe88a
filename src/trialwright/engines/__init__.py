"""Engines judge compiled criteria on patients: `memory` explains one patient, `sql` counts many. Both give the same verdicts."""
