"""What is emerging: looked for in a sealed extract, kept once, stopped by a hold."""

from datetime import timedelta

import pytest
from django.db import transaction

from forecasting.models import Extract, FindingRun
from forecasting.selectors.findings import findings_of
from forecasting.services.look_for_findings import look_for_findings
from forecasting.services.seal_extract import seal_extract
from governance import clock
from governance.core.holds import Scope
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry, User
from governance.services.place_hold import place_hold
from tests.cast import City
from tests.factories.history import CATEGORY, add_burst, add_history


@pytest.fixture
def extract(city: City) -> Extract:
    """Return an extract in which Central has a fresh cluster."""
    add_history(city)
    add_burst(city, 40)
    return sealed(city)


def sealed(city: City) -> Extract:
    now = clock.now(city.jurisdiction)
    return seal_extract(jurisdiction=city.jurisdiction, as_of=now, categories=[CATEGORY], by=city.scheduler)


def look(city: City, extract: Extract, *, category: str = CATEGORY, by: User | None = None) -> FindingRun:
    return look_for_findings(
        jurisdiction=city.jurisdiction, extract=extract, category=category, by=by or city.scheduler
    )


def test_a_planted_cluster_is_found_with_its_place_its_days_and_a_sentence(
    city: City, extract: Extract
) -> None:
    run = look(city, extract)
    body = findings_of(run)
    clusters = next(each for each in body["families"] if each["name"] == "clusters")["findings"]
    assert clusters[0]["district"] == "north"
    assert clusters[0]["observed"] >= 30
    assert clusters[0]["p_value"] <= body["level"] < 0.05 / 3
    assert clusters[0]["recurrence_days"] == pytest.approx(1 / clusters[0]["p_value"])
    assert "By chance alone" in clusters[0]["sentence"]
    assert run.found == sum(len(each["findings"]) for each in body["families"]) >= 1


def test_the_near_repeat_verdict_stands_beside_the_findings(city: City, extract: Extract) -> None:
    near = findings_of(look(city, extract))["near_repeat"]
    assert near["verdict"] in ("near repeat", "repeats at the same place only", "no repeat pattern")
    assert "residential burglaries" in near["sentence"]


def test_a_look_writes_one_entry_and_the_same_extract_gives_the_same_run(
    city: City, extract: Extract
) -> None:
    before = LedgerEntry.objects.count()
    run = look(city, extract)
    entry = LedgerEntry.objects.order_by("-index")[0]
    assert LedgerEntry.objects.count() == before + 1
    assert (entry.action, entry.subject) == ("findings.looked_for", run.digest)
    assert look(city, extract) == run
    assert LedgerEntry.objects.count() == before + 1


def test_the_same_data_gives_the_same_findings(city: City, extract: Extract) -> None:
    first = findings_of(look(city, extract))
    again = Extract.objects.create(
        jurisdiction=city.jurisdiction,
        as_of=extract.as_of,
        categories=extract.categories,
        digest=extract.digest,
        rows=extract.rows,
    )
    assert findings_of(look(city, again)) == first


def test_in_a_city_where_nothing_changes_hardly_anything_is_found(city: City) -> None:
    add_history(city)
    body = findings_of(look(city, sealed(city)))
    assert [each for family in body["families"] for each in family["findings"]] == []
    assert all(each["said"] for each in body["families"])


def test_too_few_incidents_are_said_and_find_nothing(city: City) -> None:
    add_history(city, per_day=0.1, days=60)
    body = findings_of(look(city, sealed(city)))
    assert body["families"][0]["said"].startswith("Not judged.")
    assert body["near_repeat"]["verdict"] == "not judged"


def test_a_hold_on_the_category_stops_it(city: City, extract: Extract) -> None:
    place_hold(
        jurisdiction=city.jurisdiction,
        scope=Scope.CATEGORY,
        target=CATEGORY,
        reason="Residents asked what this is for.",
        seen=0,
        by=city.chloe,
    )
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refused, transaction.atomic():
        look(city, extract)
    assert refused.value.reason is Reason.ON_HOLD
    assert (FindingRun.objects.count(), LedgerEntry.objects.count()) == (0, before)


def test_who_may_not_run_forecasts_is_refused(city: City, extract: Extract) -> None:
    with pytest.raises(Refused) as refused, transaction.atomic():
        look(city, extract, by=city.eve)
    assert refused.value.reason is Reason.NOT_PERMITTED


@pytest.mark.parametrize(
    ("category", "reason"),
    [("fraud", Reason.OUTSIDE_POLICY), ("robbery", Reason.BAD_INPUT)],
)
def test_a_category_that_is_not_allowed_or_not_sealed_is_refused(
    city: City, extract: Extract, category: str, reason: Reason
) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refused, transaction.atomic():
        look(city, extract, category=category)
    assert refused.value.reason is reason
    assert LedgerEntry.objects.count() == before


def test_an_extract_of_long_ago_knows_nothing_of_the_cluster(city: City, extract: Extract) -> None:
    early = seal_extract(
        jurisdiction=city.jurisdiction,
        as_of=extract.as_of - timedelta(days=30),
        categories=[CATEGORY],
        by=city.scheduler,
    )
    clusters = findings_of(look(city, early))["families"][0]
    assert clusters["findings"] == []
