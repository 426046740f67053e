"""What context may be about: a closed list of subjects, none of them people.

Context describes places and days: what stands there, how one gets there, the weather, what is on. Who lives, works
or prays in a place, and what police do there, is no context: it would let a forecast follow a group or itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from forecasting.core.limits import CannotForecast
from governance.core.refusals import Reason, Refused

SHAPE_KINDS = ("points", "lines", "polygons")
SERIES = "series"
KINDS = (*SHAPE_KINDS, SERIES)
LONGEST_NAME = 40


@dataclass(frozen=True)
class Subject:
    """One subject: how it is called, of which kinds a layer about it may be, and whether it may look ahead.

    ``ahead``: it may hold days later than the moment it was known by (a calendar); a measurement may not.
    """

    title: str
    kinds: tuple[str, ...]
    ahead: bool = False


SUBJECTS: Mapping[str, Subject] = MappingProxyType(
    {
        "venues": Subject("bars, clubs, restaurants and hotels", ("points", "polygons")),
        "shops": Subject("shops, markets, banks and filling stations", ("points", "polygons")),
        "services": Subject(
            "schools, libraries, hospitals and offices open to the public", ("points", "polygons")
        ),
        "transport": Subject("stops, stations, car parks and cycle stands", SHAPE_KINDS),
        "roads": Subject("streets, alleys, junctions and railways", SHAPE_KINDS),
        "lighting": Subject("street lights", ("points", "lines")),
        "buildings": Subject("buildings by use: vacant, building sites, garages", ("points", "polygons")),
        "open_space": Subject("parks, squares, water and playgrounds", SHAPE_KINDS),
        "land_use": Subject("land by use", ("polygons",)),
        "weather": Subject("the weather of past days", (SERIES,)),
        "calendar": Subject("holidays, school terms and the like", (SERIES,), ahead=True),
        "events": Subject("announced events", ("points", "polygons", SERIES), ahead=True),
        "sensors": Subject("what machines count: traffic, noise, parking", ("points", SERIES)),
        "footfall": Subject("how many passed by, as counted by machines that tell nobody apart", (SERIES,)),
        "requests": Subject("requests to the city: lights out, waste, damage", ("points", SERIES)),
    }
)

_PEOPLE = (
    "age aged ages american asian black census children church churches citizen citizens citizenship demographic "
    "demographics disability disabled education elderly ethnic ethnicity families family female foreign foreigners "
    "gender hispanic homeless household households immigrant immigrants immigration income incomes indigenous jewish "
    "language languages latina latino male men migrant migrants minorities minority mosque mosques muslim nationality "
    "native occupants parish people person persons poor population poverty race races racial religion religious rent "
    "renters rents resident residents roma sex shelter shelters synagogue synagogues temple temples tenant tenants "
    "tenure tract tracts unemployed unemployment vote voters votes wages wealth welfare white women worship youth"
)
_POLICING = (
    "arrest arrests citation citations custody frisk gang gangs offender offenders parole parolee parolees patrol "
    "patrols police probation searches suspect suspects summons victim victims warrant warrants"
)

_PARTS = (
    "american asian black census christian citizen demograph disabled elderly ethnic female gender hispanic homeless "
    "household immigra income indigenous jewish latin latino migrant minorit mosque muslim nationality people "
    "population poverty prayer refugee religio resident synagog tenant unemploy voter white worship"
)
"""Parts of words that say so too, however they are joined: “whitepop”, “blackresidents”, “pctlatinx”."""

_POLICING_PARTS = "arrest citation custody frisk offender parole police probation suspect victim warrant"

ABOUT_PEOPLE = frozenset(_PEOPLE.split())
"""Words of a name that make a layer one about who is there."""

ABOUT_POLICING = frozenset(_POLICING.split())
"""Words of a name that make a layer one about what police did or to whom."""


def check_subject(
    name: str, subject: str, kind: str, variables: Sequence[str] = (), prohibited: Collection[str] = ()
) -> None:
    """Refuse a layer that is about no listed subject, about people or policing, or that the policy prohibits.

    ``variables`` are the columns of a series; ``prohibited`` the policy's prohibited features, matched by the
    layer's own name, its subject and its variables. Raises CannotForecast (``bad_input``), Refused(OUTSIDE_POLICY).
    """
    if not (name.isascii() and name.isidentifier() and name.islower() and len(name) <= LONGEST_NAME):
        raise CannotForecast(
            "bad_input",
            f"A layer's name is a word in small letters, like “bars” or “bus_stops”, of at most {LONGEST_NAME}; "
            f"“{name[:60]}” is none.",
        )
    _check_people(name, variables)
    if subject not in SUBJECTS:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"“{subject[:60]}” is no subject that context may be about. The list is closed: {', '.join(SUBJECTS)}. "
            "Nothing about who lives, works or prays in a place enters a forecast.",
        )
    if kind not in SUBJECTS[subject].kinds:
        raise CannotForecast(
            "bad_input",
            f"A layer about {subject.replace('_', ' ')} ({SUBJECTS[subject].title}) is given as "
            f"{' or '.join(SUBJECTS[subject].kinds)}, not as “{kind[:20]}”.",
        )
    _check_prohibited(name, subject, variables, prohibited)


def _check_people(name: str, variables: Sequence[str]) -> None:
    for word in (part for each in (name, *variables) for part in each.lower().split("_")):
        about = (
            "who lives, works or prays in a place"
            if word in ABOUT_PEOPLE or any(part in word for part in _PARTS.split())
            else "what police do there"
            if word in ABOUT_POLICING or any(part in word for part in _POLICING_PARTS.split())
            else ""
        )
        if about:
            raise Refused(
                Reason.OUTSIDE_POLICY,
                f"“{word}” speaks of {about}, and nothing about that enters a forecast: it would follow a group of "
                "people, or itself. Context is about what stands in a place and what the day is like; fairness is "
                "measured in the audits, where residents are counted.",
            )


def _check_prohibited(name: str, subject: str, variables: Sequence[str], prohibited: Collection[str]) -> None:
    if used := sorted({name, subject, *variables} & set(prohibited)):
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"The policy in force prohibits {', '.join(used)} in a forecast, so it is not taken as context either. "
            "Leave it out, or propose a policy that allows it.",
        )
