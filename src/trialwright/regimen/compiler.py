"""A trial to its regimens, one for each arm. Registry text never raises: what is missing or open becomes a remark."""

from collections.abc import Iterable, Iterator
from functools import partial

from trialwright.codes.concepts import Concept
from trialwright.codes.places import Diagnostic, Span
from trialwright.codes.vocabulary import Vocabulary, default_vocabulary
from trialwright.trial import Trial

from .agents import Agents
from .assembly import Stage, assemble, score
from .drafts import Draft, name_missing
from .lexicon import expression
from .marks import Board
from .missing import missing
from .nodes import Choice, Condition, Give, Operate, Part, Phase, Quote, Radiate, Regimen, Stated, Step, Text
from .reader import Reader
from .reading import Sentence, read_text
from .sources import ArmTexts, arm_texts
from .words import clean

_NARROW = 30
"""Kinds that a class of drugs may have for its members to stand in for each other: PD-1 inhibitors do, chemotherapies do not."""
_DRUG_TYPES = {"DRUG", "BIOLOGICAL", "COMBINATION_PRODUCT", "GENETIC", "DIETARY_SUPPLEMENT", None}


def compile_regimens(trial: Trial, vocabulary: Vocabulary | None = None) -> tuple[Regimen, ...]:
    """The regimen of each arm in the record's order; of the whole record where it has no arms.

    returns  () when the record says nothing of treatment
    """
    shelf = _Shelf(Agents(trial, vocabulary or default_vocabulary()))
    has_arms = bool(trial.arms)
    return tuple(
        _compile(trial, shelf, texts, place if has_arms else None) for place, texts in enumerate(arm_texts(trial))
    )


class _Shelf:
    """The texts of one trial with their marks: several arms quote the same ones, and each is read once."""

    def __init__(self, agents: Agents) -> None:
        self.agents = agents
        self._read: dict[str, list[Sentence]] = {}

    def sentences(self, text: str) -> list[Sentence]:
        if text not in self._read:
            self._read[text] = read_text(text, self.agents)
        return self._read[text]


def _compile(trial: Trial, shelf: _Shelf, texts: ArmTexts, arm: int | None) -> Regimen:
    read = partial(_read, shelf=shelf, texts=texts)
    own, described = read(texts.arm), read(texts.described())
    about = (
        [draft for draft in read(texts.trial) if texts.alone or _is_of_arm(draft, texts)]
        if texts.alone or not score((*own, *described))
        else []
    )
    sources = [own, described, about]
    frame = own if score(own) else max(sources, key=score)
    others = [drafts for drafts in sources if drafts is not frame] + [read(texts.named())]
    stages, remarks = assemble(frame, others)
    _add_bare(stages, texts, shelf.agents)
    phases = tuple(phase for stage in stages for phase in [_phase(stage)] if phase is not None)
    used = (*texts.arm, *texts.described(), *texts.trial, *texts.named())
    kept = _quoted(used, phases, remarks)
    regimen = Regimen(trial=trial.nct_id, arm=arm, label=texts.label, phases=phases, texts=kept)
    return Regimen(
        trial=trial.nct_id, arm=arm, label=texts.label, phases=phases, texts=kept, diagnostics=(*remarks, *missing(regimen))
    )  # fmt: skip


def _read(found: Iterable[Text], shelf: _Shelf, texts: ArmTexts) -> list[Draft]:
    """The drafts of several texts; a later text's segments come after an earlier one's only within one text."""
    drafts: list[Draft] = []
    only = shelf.agents.only(one.intervention for one in texts.linked)
    for text in found:
        reader = Reader(text.where, text.text)
        for draft in reader.read(shelf.sentences(text.text)):
            _name(draft, text, only, (shelf, texts))
            drafts.append(draft)
    return drafts


def _name(draft: Draft, text: Text, only: Concept | None, near: tuple[_Shelf, ArmTexts]) -> None:
    """A drug for a dose that names none: the intervention the text belongs to, the arm's one drug, or the words beside it."""
    if draft.kind != "give" or draft.drug is not None or draft.amount is None:
        return
    shelf, texts = near
    home = next((one for one in texts.linked if text.where.startswith(f"{one.where}.")), None)
    concept = shelf.agents.only([home.intervention]) if home else only
    if concept is not None:
        draft.drug = Stated(concept, draft.amount.quote)
    else:
        name_missing(draft, text.where, text.text)


def _is_of_arm(draft: Draft, texts: ArmTexts) -> bool:
    names = " ".join(one.intervention.name or "" for one in texts.linked).lower()
    return draft.kind == "give" and bool(draft.name) and draft.name in names


def _add_bare(stages: list[Stage], texts: ArmTexts, agents: Agents) -> None:
    """Interventions of which no text says anything: steps that have a name and nothing else, in no order."""
    said = [draft for stage in stages for draft in stage.drafts]
    for one in texts.linked:
        name, quote = one.intervention.name or "", Quote(f"{one.where}.name", Span(0, len(one.intervention.name or "")))
        if name and not any(_speaks_of(draft, name) for draft in said):
            bare = list(_bare(one.intervention.type, name, quote, agents))
            kinds = {draft.kind for draft in said}
            _first(stages).drafts.extend(draft for draft in bare if draft.kind == "give" or draft.kind not in kinds)


def _bare(kind: str | None, name: str, quote: Quote, agents: Agents) -> Iterator[Draft]:
    if kind in _DRUG_TYPES:
        board = Board(clean(name))
        agents.mark(board)
        for mark in (one for one in board.in_order() if one.kind == "drug"):
            yield Draft("give", drug=Stated(mark.value, Quote(quote.where, Span(mark.start, mark.end))))
        for found in expression("radiation").finditer(board.text):
            yield Draft("radiate", words=Stated(found[0], Quote(quote.where, Span(*found.span()))))
    elif kind == "PROCEDURE":
        yield Draft("operate", words=Stated(name, quote))
    elif kind == "RADIATION":
        yield Draft("radiate", words=Stated(name, quote))


def _speaks_of(draft: Draft, name: str) -> bool:
    said = draft.name or (draft.words.value.lower() if draft.words else "")
    return bool(said) and (said in name.lower() or name.lower() in said)


def _first(stages: list[Stage]) -> Stage:
    if not stages or stages[0].key in ("operate", "condition"):
        stages.insert(0, Stage("", 0))
    return stages[0]


# drafts to steps ----------------------------------------------------------------------------------------------------------------


def _phase(stage: Stage) -> Phase | None:
    parts = tuple(_parts(stage.drafts))
    if not parts:
        return None
    return Phase(
        parts=parts,
        role=next((draft.role for draft in stage.drafts if draft.role), None),
        start=next((draft.gap for draft in stage.drafts if draft.gap), None),
        condition=next((draft.condition for draft in stage.drafts if draft.condition), None),
    )


def _parts(drafts: list[Draft]) -> Iterator[Part]:
    _join_kindred(drafts)
    waiting: list[Draft] = []
    for draft in drafts:
        if waiting and not _is_alternative(waiting[-1], draft):
            yield _part(waiting)
            waiting = []
        waiting.append(draft)
    if waiting:
        yield _part(waiting)


def _join_kindred(drafts: list[Draft]) -> None:
    """`A, B or C` of one narrow class of drugs are three to choose from; of other drugs the comma may mean "and"."""
    for place in range(len(drafts) - 1, 1, -1):
        before, draft, last = drafts[place - 2 : place + 1]
        is_list = last.join == "or" and draft.join == "comma" and before.sentence == last.sentence
        if is_list and _is_kindred(before, draft) and _is_kindred(draft, last):
            draft.join = "or"


def _is_kindred(one: Draft, other: Draft) -> bool:
    vocabulary = default_vocabulary()
    ids = [draft.drug.value.id for draft in (one, other) if draft.drug]
    if len(ids) < 2 or None in ids or ids[0] == ids[1]:
        return False
    first, second = (set(vocabulary.get(name or "").parents) for name in ids)
    return any(len(vocabulary.descendants(parent)) <= _NARROW for parent in first & second)


def _is_alternative(before: Draft, draft: Draft) -> bool:
    """Whether a dose stands in place of the one before it: "A or B"; or a list of amounts of one drug and no time for any."""
    if before.kind != "give" or draft.kind != "give" or before.sentence != draft.sentence:
        return False
    if draft.amount is not None and before.amount is not None and draft.join in ("or", "slash"):
        return True
    timed = ("days", "duration", "at", "doses")
    return (
        draft.inherited
        and draft.lacks(*timed)
        and before.lacks(*timed)
        and draft.name == before.name
        and draft.segment == before.segment
    )


def _part(drafts: list[Draft]) -> Part:
    steps = [_step(draft) for draft in drafts]
    return steps[0] if len(steps) == 1 else Choice(options=tuple((step,) for step in steps))


def _step(draft: Draft) -> Step:
    if draft.kind == "operate" and draft.words is not None:
        return Operate(procedure=Stated(_procedure(draft.words.value), draft.words.quote))
    if draft.kind == "radiate":
        return _radiate(draft)
    return Give(stops=tuple(draft.stops), **{name: getattr(draft, name) for name in _GIVE_FIELDS})


_GIVE_FIELDS = (
    "drug",
    "amount",
    "route",
    "days",
    "at",
    "times",
    "every",
    "cycles",
    "doses",
    "total",
    "duration",
    "as_needed",
)


def _radiate(draft: Draft) -> Radiate:
    dose = draft.amount or draft.fraction
    words = draft.words or (Stated("radiotherapy", dose.quote) if dose else None)
    assert words is not None  # noqa: S101 - a draft of radiation was opened by its name or by its dose
    return Radiate(
        words=words,
        total=draft.amount,
        fraction=draft.fraction,
        fractions=draft.doses,
        every=draft.every,
        duration=draft.duration,
    )


def _procedure(words: str) -> Concept:
    entry = default_vocabulary().find(words.lower(), "procedure")
    return default_vocabulary().concept(entry, words) if entry else Concept(words, "procedure")


def _quoted(texts: Iterable[Text], phases: tuple[Phase, ...], remarks: Iterable[Diagnostic]) -> tuple[Text, ...]:
    """The texts that are quoted, each once, the arm's own first; the arm's own always."""
    wanted = {quote.where for phase in phases for quote in quotes(phase)} | {remark.where for remark in remarks}
    kept = {text.where: text for text in texts if text.where in wanted or ".armGroups[" in text.where}
    return tuple(kept.values())


def quotes(part: object) -> Iterator[Quote]:
    """Every quote within a phase, a step or a value, in order."""
    if isinstance(part, Quote):
        yield part
    elif isinstance(part, tuple):
        for member in part:
            yield from quotes(member)
    elif isinstance(part, Phase | Choice | Give | Radiate | Operate | Stated | Condition):
        for name in part.__struct_fields__:
            yield from quotes(getattr(part, name))
