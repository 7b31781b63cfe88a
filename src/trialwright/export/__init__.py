"""Outlets: a screened patient becomes a report, and a report a terminal page, HTML, Markdown, JSON or CSV."""
