"""Forms and charts that are posted in, what they hold out: small enough, shallow enough, and never on a disk."""

from contextlib import aclosing
from io import BytesIO

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from trialwright.web.problems import ProblemError

MOST_FILES = 200
MOST_FIELDS = 200
LARGEST_FIELD = 2 * 2**20


class _InMemory(MultiPartParser):
    # A larger file would be laid on the disk; the guard before this has already refused what is too large.
    spool_max_size = 2**31


async def read_form(request: Request) -> FormData:
    """The fields and files of a posted form; nothing of it is written to a disk.

    raises  ProblemError (415) for a body that is no form, (400) for a broken one
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    limits = {"max_fields": MOST_FIELDS, "max_part_size": LARGEST_FIELD}
    try:
        async with aclosing(request.stream()) as stream:
            match kind:
                case "multipart/form-data":
                    parser = _InMemory(request.headers, stream, max_files=MOST_FILES, **limits)
                    return await _held(await parser.parse())
                case "application/x-www-form-urlencoded":
                    return await FormParser(request.headers, stream, **limits).parse()
                case _:
                    pass
    except MultiPartException as error:
        raise ProblemError(400, error.message, kind="form") from None
    raise ProblemError(415, "expected a form: multipart/form-data or application/x-www-form-urlencoded", kind="form")


async def _held(form: FormData) -> FormData:
    """The same with its files closed, so that nobody needs to."""
    items: list[tuple[str, str | UploadFile]] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            data = await value.read()
            await value.close()
            value = UploadFile(BytesIO(data), size=len(data), filename=value.filename, headers=value.headers)
        items.append((name, value))
    return FormData(items)


def field(form: FormData, name: str) -> str:
    """The text of one field; "" when it is absent or a file."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


async def file(form: FormData, name: str) -> tuple[str, bytes]:
    """The name and the bytes of an uploaded file; two empty ones when there is none."""
    value = form.get(name)
    if not isinstance(value, UploadFile) or not value.filename:
        return "", b""
    return value.filename, await value.read()
