"""Which texts of a record speak of an arm: its own description, those of its interventions, and the trial's."""

from collections.abc import Iterator

import msgspec

from trialwright.trial import Arm, Intervention, Trial

from .nodes import Text

ARMS = "protocolSection.armsInterventionsModule.armGroups"
INTERVENTIONS = "protocolSection.armsInterventionsModule.interventions"
DESCRIPTION = "protocolSection.descriptionModule.detailedDescription"
SUMMARY = "protocolSection.descriptionModule.briefSummary"


class Linked(msgspec.Struct, frozen=True):
    """An intervention and its position in the record."""

    position: int
    intervention: Intervention

    @property
    def where(self) -> str:
        return f"{INTERVENTIONS}[{self.position}]"


class ArmTexts(msgspec.Struct, frozen=True):
    """The texts about one arm, by how near they are to it.

    arm          its description; () where there is none
    linked       the interventions that the record gives this arm
    trial        description and summary of the trial
    alone        whether the trial has no other arm that the trial's description could mean
    """

    label: str
    arm: tuple[Text, ...]
    linked: tuple[Linked, ...]
    trial: tuple[Text, ...]
    alone: bool

    def described(self) -> tuple[Text, ...]:
        return tuple(
            Text(f"{one.where}.description", one.intervention.description)
            for one in self.linked
            if one.intervention.description
        )

    def named(self) -> tuple[Text, ...]:
        return tuple(Text(f"{one.where}.name", one.intervention.name) for one in self.linked if one.intervention.name)


def arm_texts(trial: Trial) -> Iterator[ArmTexts]:
    """One for each arm; one for the whole record where it has no arms."""
    about = tuple(_trial_texts(trial))
    every = tuple(Linked(place, intervention) for place, intervention in enumerate(trial.interventions))
    if not trial.arms:
        if every or about:
            yield ArmTexts(trial.title or "", (), every, about, alone=True)
        return
    for place, arm in enumerate(trial.arms):
        own = (Text(f"{ARMS}[{place}].description", arm.description),) if arm.description else ()
        linked = tuple(one for one in every if _belongs(one.intervention, arm))
        if not linked and len(trial.arms) == 1:
            linked = every
        yield ArmTexts(arm.label or f"arm {place + 1}", own, linked, about, alone=len(trial.arms) == 1)


def _belongs(intervention: Intervention, arm: Arm) -> bool:
    if arm.label is not None and arm.label in (intervention.arm_group_labels or ()):
        return True
    return any(
        listed == intervention.name or listed.partition(": ")[2] == intervention.name
        for listed in arm.intervention_names or ()
    )


def _trial_texts(trial: Trial) -> Iterator[Text]:
    module = trial.protocol.description
    if module and module.detailed_description:
        yield Text(DESCRIPTION, module.detailed_description)
    if module and module.brief_summary:
        yield Text(SUMMARY, module.brief_summary)
