"""How one city's export maps to incidents: a profile, read from a mapping and checked to the last key.

A profile is a TOML file in ``forecasting/profiles``; ``template.toml`` there explains every key to the person
who writes one. The reader is strict because a silent default is how a wrong time zone gets into a
forecast: a missing, misspelt or impossible key raises ``ProfileError`` whose first word is the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pyproj import CRS
from pyproj.exceptions import CRSError

from forecasting.core.profile_tables import Table
from forecasting.core.taxonomy import TAXONOMY

GEOCODE_QUALITIES = ("exact", "address", "block", "intersection", "area", "unknown")
JOINER = " | "  # between the values of several category columns
REFUSAL_COLUMNS = ("row", "reason")  # what every list of refusals begins with
ANYTHING = "*"  # stands for any value of one category column


@dataclass(frozen=True)
class Moment:
    """One date and time in the export: its columns, joined by one space, and their strptime format."""

    columns: tuple[str, ...]
    format: str


@dataclass(frozen=True)
class Times:
    """When it happened and when it was reported, in local time of ``zone``.

    ``whole_days``: the export has no time of day, so an incident may have happened at any moment of its
    local day, and the whole day is one shift. ``midnight_unknown``: categories for which exactly 00:00:00
    means that nobody knew the time; these too span their day.
    """

    zone: str
    occurred_from: Moment
    occurred_to: Moment | None
    reported: Moment | None
    typical_delay_hours: float
    whole_days: bool
    midnight_unknown: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where it happened: the point's columns and CRS, and the projected CRS the city is worked in.

    ``unit_metres``: metres in one unit of ``work_crs`` (1 for metres, 0.3048 for international feet).
    """

    x: str
    y: str
    crs: str
    work_crs: str
    unit_metres: float
    quality: str

    @property
    def work_srid(self) -> int:
        """The EPSG number of the projected CRS."""
        return int(self.work_crs.split(":")[1])


@dataclass(frozen=True)
class Categories:
    """The export's own kinds and the taxonomy's.

    ``by_source`` maps a source text (several columns: values joined by ``" | "``, ``*`` for any value) to a
    kind of the taxonomy; ``police_discovered`` holds the source texts that police activity finds.
    """

    columns: tuple[str, ...]
    by_source: Mapping[str, str]
    police_discovered: frozenset[str]

    def rule_for(self, values: tuple[str, ...]) -> str | None:
        """Which key of ``by_source`` decides these values; None = unknown.

        The exact one, else the one with the most leading columns exact.
        """
        for exact in range(len(values), -1, -1):
            key = JOINER.join(values[:exact] + (ANYTHING,) * (len(values) - exact))
            if key in self.by_source:
                return key
        return None


@dataclass(frozen=True)
class Profile:
    """One city's export, typed and checked."""

    title: str
    id_columns: tuple[str, ...]  # none: hash of the row + occurrence number
    times: Times
    place: Place
    categories: Categories
    never_read: tuple[str, ...]  # names, addresses, narratives: dropped before anything looks at them
    kept_in_refusals: tuple[str, ...]

    @property
    def columns_read(self) -> tuple[str, ...]:
        """Every column the profile names, in a fixed order; all of them must be in the file."""
        moments = (self.times.occurred_from, self.times.occurred_to, self.times.reported)
        named = [*self.id_columns, *(c for m in moments if m for c in m.columns), self.place.x, self.place.y]
        return tuple(dict.fromkeys([*named, *self.categories.columns, *self.kept_in_refusals]))


def _moment(table: Table | None) -> Moment | None:
    if table is None:
        return None
    moment = Moment(table.texts("columns"), table.text("format"))
    if "%" not in moment.format:
        table.fail("format", "must be a strptime format such as '%Y-%m-%d %H:%M:%S'")
    if not moment.columns:
        table.fail("columns", "must name at least one column")
    table.finish()
    return moment


def _zone(table: Table) -> str:
    name = table.text("zone")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        table.fail("zone", f"{name!r} is not a time zone; write one like 'America/New_York'")
    return name


def _times(table: Table) -> Times:
    started = _moment(table.table("occurred_from"))
    if started is None:
        table.fail("occurred_from", "is missing: say which columns hold the date")
    delay = table.number("typical_delay_hours")
    if not 0 <= delay <= 24 * 365:
        table.fail("typical_delay_hours", f"must be between 0 and 8760 hours, not {delay:g}")
    unknown = table.texts("midnight_unknown", default=())
    for kind in unknown:
        if kind not in TAXONOMY:
            table.fail("midnight_unknown", f"{kind!r} is not in the taxonomy")
    times = Times(
        zone=_zone(table),
        occurred_from=started,
        occurred_to=_moment(table.table("occurred_to")),
        reported=_moment(table.table("reported")),
        typical_delay_hours=delay,
        whole_days=table.flag("whole_days"),
        midnight_unknown=unknown,
    )
    table.finish()
    return times


def _crs(table: Table, key: str) -> CRS:
    name = table.text(key)
    try:
        return CRS.from_user_input(name)
    except CRSError:
        table.fail(key, f"{name!r} is not a coordinate reference system; write one like 'EPSG:4326'")


def _place(table: Table) -> Place:
    _crs(table, "crs")
    work = _crs(table, "work_crs")
    authority = work.to_authority()
    if not work.is_projected or authority is None or authority[0] != "EPSG":
        table.fail("work_crs", "must be a projected EPSG system, such as the UTM zone of the city")
    quality = table.text("quality")
    if quality not in GEOCODE_QUALITIES:
        table.fail("quality", f"{quality!r} must be one of {', '.join(GEOCODE_QUALITIES)}")
    place = Place(
        x=table.text("x"),
        y=table.text("y"),
        crs=table.text("crs"),
        work_crs=f"EPSG:{authority[1]}",
        unit_metres=float(work.axis_info[0].unit_conversion_factor),
        quality=quality,
    )
    table.finish()
    return place


def _check_kinds(table: Table, columns: tuple[str, ...], by_source: Mapping[str, str]) -> None:
    if not columns:
        table.fail("columns", "must name at least one column")
    for source, kind in by_source.items():
        if kind not in TAXONOMY:
            table.fail(f"map.{source!r}", f"{kind!r} is not in the taxonomy: {', '.join(TAXONOMY)}")
        if len(source.split(JOINER)) != len(columns):
            table.fail(f"map.{source!r}", f"must hold {len(columns)} values joined by {JOINER!r}")


def _categories(table: Table) -> Categories:
    columns, by_source = table.texts("columns"), table.mapping("map")
    _check_kinds(table, columns, by_source)
    discovered = set()
    for name in table.texts("police_discovered"):
        sources = {source for source, kind in by_source.items() if name in (source, kind)}
        if not sources:
            table.fail("police_discovered", f"{name!r} is neither a mapped kind nor a source text of the map")
        discovered |= sources
    table.finish()
    return Categories(columns, by_source, frozenset(discovered))


def _check_privacy(table: Table, profile: Profile) -> None:
    for column in profile.columns_read:
        if column in profile.never_read:
            table.fail("never_read", f"{column!r} is used elsewhere in the profile: take it out of one")
    for column in profile.kept_in_refusals:
        if column in REFUSAL_COLUMNS:
            table.fail("kept_in_refusals", f"{column!r} is a column of every list of refusals already")


def read_profile(mapping: Mapping[str, object]) -> Profile:
    """The profile in a mapping as ``tomllib`` returns it. Raises ProfileError that begins with the key."""
    root = Table("", mapping)
    privacy = root.required_table("privacy")
    identity = root.required_table("identity")
    profile = Profile(
        title=root.text("title"),
        id_columns=identity.texts("columns"),
        times=_times(root.required_table("time")),
        place=_place(root.required_table("place")),
        categories=_categories(root.required_table("categories")),
        never_read=privacy.texts("never_read"),
        kept_in_refusals=privacy.texts("kept_in_refusals"),
    )
    _check_privacy(privacy, profile)
    for table in (identity, privacy, root):
        table.finish()
    return profile
