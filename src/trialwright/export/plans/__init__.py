"""Plans as people take them away: terminal, CSV, JSON, a page, a calendar file, a spreadsheet."""
