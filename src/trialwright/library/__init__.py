"""The local library of trials: load, update, search, similar, rank; everything stays on this machine.

`Library` opens a folder; `Library.view` is one moment of it, from which everything is asked.
"""

from trialwright.library.errors import LibraryError
from trialwright.library.opened import Library, View

__all__ = ["Library", "LibraryError", "View"]
