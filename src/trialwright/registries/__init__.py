"""Published records in, trials out, whatever the form; and trials back to API v2 JSON.

`read_trials` and `read_trial` recognise the form by content. What a form lost, mixed in or could not say is a remark on
the trial; what could not be read is an `Unreadable`, and a `ReadError` when it is the whole file.
"""

from trialwright.registries.ctgov import write as write_record
from trialwright.registries.files import read_trial, read_trials, recognise
from trialwright.registries.unreadable import ReadError, Unreadable

__all__ = ["ReadError", "Unreadable", "read_trial", "read_trials", "recognise", "write_record"]
