"""Arms and visit prose to regimens, assessments, endpoints, a dated calendar and a patient's doses. See docs/regimen.md."""
