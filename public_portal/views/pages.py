"""Decisions, fairness, scores, and how to check them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.after_reviews import public_glasses
from governance.core.break_glass import LONGEST_HOURS, REVIEW_DAYS
from governance.holds import public_holds
from governance.log_status import cosigners, published
from governance.permissions import open_to_everyone
from governance.views.city import jurisdiction_or_404
from public_portal.core.answers import decided
from public_portal.selectors.released import area_shapes, moment_words, weeks_of
from public_portal.selectors.report import audit_section, decision_section
from public_portal.views.frame import category_context, frame


@open_to_everyone
@require_safe
def decisions(request: HttpRequest, slug: str) -> HttpResponse:
    """Who decided what and why, week by week; of one area where asked."""
    jurisdiction = jurisdiction_or_404(slug)
    names = {shape.code: shape.name for shape in area_shapes(jurisdiction)}
    area = request.GET.get("area", "")
    area = area if area in names else ""
    chosen = [
        (week, [plan for plan in week.plans if _touches(plan, area)]) for week in weeks_of(jurisdiction)
    ]
    weeks = [(week, [decision_section(plan, jurisdiction) for plan in plans]) for week, plans in chosen]
    context = frame(request, jurisdiction) | {
        "weeks": weeks,
        "decided": decided(plan for _, plans in chosen for plan in plans),
        "area_name": names.get(area, ""),
    }
    return render(request, "public_portal/decisions.html", context)


def _touches(plan: dict[str, Any], area: str) -> bool:
    return not area or any(part["area"] == area for part in plan["areas"])


@open_to_everyone
@require_safe
def holds(request: HttpRequest, slug: str) -> HttpResponse:
    """What the board stopped, and what it lifted; reasons, plans and districts after the delay."""
    jurisdiction = jurisdiction_or_404(slug)
    rows = public_holds(jurisdiction)
    context = frame(request, jurisdiction) | {
        "in_force": [row for row in rows if row.lifted_at is None],
        "lifted": [row for row in rows if row.lifted_at is not None],
    }
    return render(request, "public_portal/holds.html", context)


@open_to_everyone
@require_safe
def break_glass(request: HttpRequest, slug: str) -> HttpResponse:
    """How often the glass was broken and what the board found: counts at once, each one after the delay."""
    jurisdiction = jurisdiction_or_404(slug)
    told = public_glasses(jurisdiction)
    context = frame(request, jurisdiction) | {
        "figures": told.figures,
        "rows": told.rows,
        "untold": told.figures.opened - len(told.rows),
        "longest": LONGEST_HOURS,
        "days": REVIEW_DAYS,
    }
    return render(request, "public_portal/break_glass.html", context)


@open_to_everyone
@require_safe
def fairness(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest audits with their tables, and every audit's sentence."""
    jurisdiction = jurisdiction_or_404(slug)
    weeks = weeks_of(jurisdiction)
    latest = weeks[0] if weeks else None
    context = frame(request, jurisdiction) | {
        "latest": latest,
        "sections": [audit_section(audit) for audit in latest.forecast_audits] if latest else [],
        "plans": [audit_section(audit) for audit in latest.audits if audit["subject"] == "plan"]
        if latest
        else [],
        "weeks": [(week, week.audits) for week in weeks],
        "policy": latest.summary["policy"] if latest else None,
    }
    return render(request, "public_portal/fairness.html", context)


@open_to_everyone
@require_safe
def scores(request: HttpRequest, slug: str) -> HttpResponse:
    """How well forecasts did, beside past reports alone."""
    jurisdiction = jurisdiction_or_404(slug)
    context = frame(request, jurisdiction) | category_context(request, jurisdiction)
    return render(request, "public_portal/scores.html", context)


@open_to_everyone
@require_safe
def complaints(request: HttpRequest, slug: str) -> HttpResponse:
    """Complaints in figures, as the newest release tells them."""
    jurisdiction = jurisdiction_or_404(slug)
    latest = next((week for week in weeks_of(jurisdiction) if week.complaints is not None), None)
    context = frame(request, jurisdiction) | {
        "latest": latest,
        "figures": latest.complaints if latest else None,
        "released": moment_words(latest.release.released_at, jurisdiction) if latest else "",
    }
    return render(request, "public_portal/complaints.html", context)


@open_to_everyone
@require_safe
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """The signed state of the record, how to check a number, and the policy."""
    jurisdiction = jurisdiction_or_404(slug)
    weeks = weeks_of(jurisdiction)
    policy = weeks[0].summary["policy"] if weeks else None
    context = frame(request, jurisdiction) | {
        "cosigners": cosigners(published()),
        "policy": policy,
        "flag_share": f"{policy['flag_share'] * 100:g} %" if policy else "",
    }
    return render(request, "public_portal/check.html", context)
