"""What can be wrong with a library, in one line that says where and what to do."""


class LibraryError(Exception):
    """The library cannot do what was asked; it is as it was before."""


class NoLibraryError(LibraryError):
    """There is no library in this folder yet."""


class NewerLibraryError(LibraryError):
    """A newer version of the program wrote it."""


class BusyError(LibraryError):
    """Another process is writing to it."""


class DamagedIndexError(LibraryError):
    """The search index does not fit the records; it can be made anew from them."""


class QueryError(LibraryError):
    """A query or a filter that cannot be understood; the message names the nearest valid name."""


class NotHeldError(LibraryError):
    """An id that the library does not hold."""
