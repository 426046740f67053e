"""Made-up names of the demo city: its areas, its districts, its streets. None is a real place we know of."""

from itertools import count

AREA_NAMES = (
    "Alder Park", "Quarry Row", "Old Market", "Mill Lane", "Foundry Yard", "Chapel Row", "Canal Side",
    "Tannery", "North Station", "Orchard Hill", "Harbour Steps", "Lantern Hill",
    "Weaver's Green", "Ferry Point",
    "Kiln Field", "Swan Meadow", "Copper Bend", "Heron Marsh", "Signal Hill", "Cooper's Wharf", "Larkfield",
    "Stonebridge", "Glassworks", "Elm Rise", "Bellfounders", "Saltmarket", "Ropewalk", "Juniper Heights",
    "Cinder Hill", "Brewer's Gate", "Thornbury", "Willow Bank", "Granary", "Peartree", "Almshouse Green",
    "Observatory", "Basket Lane", "Sawmill Reach", "Fallow End", "Kestrel Down", "Gatehouse", "Millrace",
    "Hazelcourt", "Ironmonger", "Windmill Rise", "Priory", "Otter Creek", "Drovers", "Fiddler's Green",
    "Candle Row", "Whitestone", "Linden Square", "Turnpike", "Coldharbour", "Marlpit", "Fernhollow",
    "Beacon Fields", "Clockmakers", "Rookery", "Sandhill", "Vinegar Yard", "Nettle Hill", "Pepper Lane",
    "Mossbank",
)  # fmt: skip
DISTRICT_NAMES = ("Central", "Eastgate", "Northside", "Westfield", "Southbank", "Harbour")
STREET_NAMES = (
    "Alder", "Beech", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Larch", "Maple",
    "Nutmeg", "Oak", "Poplar", "Quince", "Rowan", "Spruce", "Tulip", "Walnut", "Willow", "Yew",
    "Aspen", "Birch",
    "Chestnut", "Damson", "Elder", "Fig", "Hawthorn", "Holly", "Laurel", "Linden", "Medlar", "Myrtle",
    "Olive",
    "Pear", "Pine", "Plum", "Privet", "Redwood", "Sage", "Sorrel", "Sumac", "Thorn", "Vine", "Wisteria",
)  # fmt: skip
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def names_for(total: int, names: tuple[str, ...]) -> list[str]:
    """``total`` different names: each name once, then with a number behind."""
    rounds = (name if lap == 1 else f"{name} {lap}" for lap in count(1) for name in names)
    return [next(rounds) for _ in range(total)]


def numbered_street(number: int) -> str:
    """``5th St``, ``21st St``, ``112th St``."""
    ending = "th" if 10 <= number % 100 <= 20 else _ENDINGS.get(number % 10, "th")
    return f"{number}{ending} St"
